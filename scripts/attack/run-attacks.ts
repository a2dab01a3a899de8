import type { Clock } from '../../workers/runtime/clock.ts';
import { messageOf } from '../../workers/runtime/errors.ts';
import type { Attack } from './stage/attack.ts';
import type { OpenStage } from './stage/open-stage.ts';
import { createScene } from './stage/scene.ts';
import { createStory, flawOf, type StoryLine } from './stage/story.ts';

/** How one attack went. */
export interface AttackReport extends Pick<Attack, 'name' | 'threats' | 'what'> {
  readonly defended: boolean;
  /** Why it does not count as defended. */
  readonly flaw: string | undefined;
  readonly lines: readonly StoryLine[];
  readonly ms: number;
}

export interface AttackListener {
  onAttack(attack: Attack): void;
  onLine(line: StoryLine): void;
  onReport(report: AttackReport): void;
}

/** Runs attacks one after another, each on the same untouched deployment. */
export async function runAttacks(
  attacks: readonly Attack[],
  stage: OpenStage,
  { clock, listener }: { readonly clock: Clock; readonly listener: AttackListener },
): Promise<readonly AttackReport[]> {
  const reports: AttackReport[] = [];
  for (const attack of attacks) {
    listener.onAttack(attack);
    const report = await runAttack(attack, stage, { clock, listener });
    listener.onReport(report);
    reports.push(report);
  }
  return reports;
}

async function runAttack(
  attack: Attack,
  stage: OpenStage,
  { clock, listener }: { readonly clock: Clock; readonly listener: AttackListener },
): Promise<AttackReport> {
  const begun = clock.now();
  const story = createStory((line) => listener.onLine(line));
  let failure: string | undefined;
  try {
    await stage.isolated(() => attack.run(createScene(stage, story)));
  } catch (error) {
    stage.signal.throwIfAborted();
    failure = messageOf(error);
  }
  const flaw = failure ?? flawOf(story.lines);
  const { name, threats, what } = attack;
  return { name, threats, what, defended: flaw === undefined, flaw, lines: story.lines, ms: clock.now() - begun };
}
