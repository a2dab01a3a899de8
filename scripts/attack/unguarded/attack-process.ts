// Child process of `./dev attack unguarded`, run in a copy of the repository: deploys the artifacts that lie there, and attacks.
import { systemClock } from '../../../workers/runtime/clock.ts';
import { messageOf, RemitError } from '../../../workers/runtime/errors.ts';
import { attacks } from '../attacks.ts';
import { type AttackReport, runAttacks } from '../run-attacks.ts';
import { openStage } from '../stage/open-stage.ts';
import type { AttackMessage } from './messages.ts';

const stopping = new AbortController();
const stop = (): void =>
  stopping.abort(new RemitError({ code: 'INTERRUPTED', message: 'nobody waits for the report' }));
// Whoever asked is gone: what was started here must not stay.
process.on('disconnect', stop).on('SIGINT', stop).on('SIGTERM', stop);

async function attacked(name: string): Promise<AttackReport> {
  const attack = attacks.find((one) => one.name === name);
  if (!attack) throw new Error(`there is no attack named '${name}'`);
  const clock = systemClock;
  const stage = await openStage({ clock, signal: stopping.signal, onStep: () => undefined, noCompile: true });
  try {
    const listener = { onAttack: () => undefined, onLine: () => undefined, onReport: () => undefined };
    const [report] = await runAttacks([attack], stage, { clock, listener });
    if (!report) throw new Error('the attack made no report');
    return report;
  } finally {
    await stage.stop();
  }
}

const tell = (message: AttackMessage): void => void process.send?.(message, () => process.disconnect());
attacked(process.argv[2] ?? '').then(
  (report) => tell({ report }),
  (error: unknown) => {
    if (process.connected) tell({ error: messageOf(error) });
  },
);
