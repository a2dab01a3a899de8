import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attacks } from '../../../scripts/attack/attacks.ts';
import { type AttackReport, runAttacks } from '../../../scripts/attack/run-attacks.ts';
import type { Attack } from '../../../scripts/attack/stage/attack.ts';
import { callOf } from '../../../scripts/attack/stage/contract-handle.ts';
import { type OpenStage, openStage, TOKEN } from '../../../scripts/attack/stage/open-stage.ts';
import type { Stage } from '../../../scripts/attack/stage/scene.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';

/** The threats of docs/audit/threats.md that an attack shows. */
const THREATS = [...Array.from({ length: 25 }, (_, at) => `T${at + 1}`), 'O1', 'O2', 'O3', 'O4'];

let stage: OpenStage;

beforeAll(async () => {
  stage = await openStage({ clock: systemClock, signal: new AbortController().signal, onStep: () => undefined });
});

afterAll(async () => {
  expect(await stage.stop()).toEqual([]);
});

async function run(attack: Attack): Promise<AttackReport> {
  const listener = { onAttack: () => undefined, onLine: () => undefined, onReport: () => undefined };
  const [report] = await runAttacks([attack], stage, { clock: systemClock, listener });
  if (!report) throw new Error('no report');
  return report;
}

const told = ({ flaw, lines }: AttackReport): string =>
  [flaw, ...lines.map(({ kind, text }) => `${kind}: ${text}`)].join('\n');

describe('attacks on a live deployment', () => {
  it.each(attacks.map((attack) => [attack.name, attack] as const))('%s is defended', async (_, attack) => {
    const report = await run(attack);
    expect(report.defended, told(report)).toBe(true);
    expect(report.flaw).toBeUndefined();
  });

  it('show every threat, each under a name of its own', () => {
    expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length);
    expect(THREATS.filter((threat) => !attacks.some(({ threats }) => threats.includes(threat)))).toEqual([]);
    expect(attacks.flatMap(({ threats }) => threats).filter((threat) => !THREATS.includes(threat))).toEqual([]);
  });
});

describe('an attack that is not defended is reported', () => {
  const scripted = (body: (stage: Stage) => Promise<void>): Attack => ({
    name: 'scripted',
    threats: ['T1'],
    what: 'a broken one',
    run: body,
  });
  const withdrawal = ({ cast, handles }: Stage, amount: bigint) =>
    callOf(cast.mallory, handles.Settlement, 'withdraw', [cast.mallory.address, amount]);
  const refusal = { error: 'SettlementInsufficientBalance' };

  it('when what must be refused goes through', async () => {
    const attack = scripted(async (one) => {
      await one.control('withdraws a token', withdrawal(one, TOKEN));
      await one.refused('withdraws her own', withdrawal(one, TOKEN), refusal);
    });
    const report = await run(attack);
    expect(report).toMatchObject({ defended: false });
    expect(report.flaw).toBe('expected SettlementInsufficientBalance, and it went through');
  });

  it('when it is refused for another reason, or with another value', async () => {
    const other = await run(
      scripted((one) =>
        one.refused('withdraws too much', withdrawal(one, 2n ** 100n), { error: 'SettlementUncovered' }),
      ),
    );
    expect(other.flaw).toMatch(
      /^expected SettlementUncovered, and it failed for another reason: SettlementInsufficient/,
    );
    const value = await run(
      scripted((one) =>
        one.refused('withdraws too much', withdrawal(one, 2n ** 100n), { ...refusal, with: { balance: 5 } }),
      ),
    );
    expect(value.flaw).toMatch(/^SettlementInsufficientBalance says balance \d+, expected 5$/);
  });

  it('when a value is not what it must be', async () => {
    const report = await run(
      scripted(async (one) => {
        await one.attempt('withdraws a token', withdrawal(one, TOKEN));
        one.holds('moved', TOKEN, 2n * TOKEN);
      }),
    );
    expect(report.flaw).toBe('moved: 1.00 tokens, and not 2.00 tokens');
  });

  it('when nothing shows that the attempt was a real one', async () => {
    const report = await run(
      scripted((one) => one.refused('withdraws too much', withdrawal(one, 2n ** 100n), refusal)),
    );
    expect(report.flaw).toBe('nothing shows that the attempt could have worked but for the defence');
    const idle = await run(scripted((one) => one.control('withdraws', withdrawal(one, TOKEN)).then(() => undefined)));
    expect(idle.flaw).toBe('nothing was attempted');
  });

  it('and leaves the stage as it was for the next one', async () => {
    const before = await stage.contracts.Settlement.totalHeld();
    await run(scripted((one) => one.attempt('withdraws', withdrawal(one, TOKEN)).then(() => undefined)));
    expect(await stage.contracts.Settlement.totalHeld()).toBe(before);
  });
});

it('ATTACK_UNKNOWN: a name that no attack has ends with 64 and says what there is instead', () => {
  const asked = ['scripts/attack/command.ts', 'run', 'unbond-than-cheat'];
  const { status, stderr } = spawnSync(process.execPath, asked, { encoding: 'utf8' });
  expect(status).toBe(64);
  expect(stderr).toContain("ATTACK_UNKNOWN: there is no attack named 'unbond-than-cheat'");
  expect(stderr).toContain('did you mean unbond-then-cheat?');
});
