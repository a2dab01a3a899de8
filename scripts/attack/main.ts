import { systemClock } from '../../workers/runtime/clock.ts';
import { messageOf, RemitError } from '../../workers/runtime/errors.ts';
import { createPaper, wantsColour } from '../demo/paper.ts';
import { seconds } from '../demo/wording.ts';
import { attacks } from './attacks.ts';
import { type AttackReport, runAttacks } from './run-attacks.ts';
import { attackListener, showSummary } from './show-attacks.ts';
import type { Attack } from './stage/attack.ts';
import { openStage } from './stage/open-stage.ts';
import { unknownAttack } from './unknown-attack.ts';

const EX_USAGE = 64;
const EX_INTERRUPTED = 130;

export interface AttackOptions {
  readonly names: readonly string[];
  readonly all: boolean;
  readonly json: boolean;
}

/** Deploys, attacks, says what happened, and resolves with the exit code. */
export async function attackMain({ names, all, json }: AttackOptions): Promise<number> {
  const chosen = all ? attacks : names.map((name) => attacks.find((attack) => attack.name === name) ?? name);
  const unknown = chosen.find((attack) => typeof attack === 'string');
  if (unknown !== undefined || chosen.length === 0) {
    process.stderr.write(`${unknownAttack(unknown, './dev attack list shows them; --all runs all').explain()}\n`);
    return EX_USAGE;
  }
  // With --json standard output belongs to the object.
  const out = json ? process.stderr : process.stdout;
  const paper = createPaper(out, { colour: wantsColour(out, process.env) });
  const interrupted = interruption(() => paper.line('\n  stopping (once more to leave at once)'));
  try {
    const onStep = ({ name, ms, detail }: { name: string; ms?: number; detail?: string }): void => {
      if (ms === undefined) paper.live(`  … ${name}`);
      else paper.row(name, [`${paper.ok} ${seconds(ms).padStart(6)}`, detail].filter(Boolean).join('  '));
    };
    const stage = await openStage({ clock: systemClock, signal: interrupted, onStep });
    let reports: readonly AttackReport[];
    let failures: readonly string[];
    try {
      const listener = attackListener(paper);
      reports = await runAttacks(chosen as readonly Attack[], stage, { clock: systemClock, listener });
    } finally {
      failures = await stage.stop();
    }
    showSummary(paper, reports);
    for (const failure of failures) paper.line(`${paper.bad} did not end well: ${failure}`);
    if (json) process.stdout.write(`${JSON.stringify({ attacks: reports })}\n`);
    return failures.length === 0 && reports.every(({ defended }) => defended) ? 0 : 1;
  } catch (error) {
    if (interrupted.aborted) {
      paper.line('  stopped; nothing is left running');
      return EX_INTERRUPTED;
    }
    paper.line(`\n${paper.bad} ${error instanceof RemitError ? error.explain() : messageOf(error)}`);
    if (json) process.stdout.write(`${JSON.stringify({ error: messageOf(error) })}\n`);
    return 1;
  }
}

/** Aborts at the first signal; leaves at the second. */
function interruption(onFirst: () => void): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(EX_INTERRUPTED);
      onFirst();
      controller.abort(new RemitError({ code: 'INTERRUPTED', message: `stopped by ${name}` }));
    });
  }
  return controller.signal;
}
