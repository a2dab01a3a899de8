/** A line of what happened, in the order in which it did. */
export interface StoryLine {
  /**
   * `step`: somebody does something. `control`: the same thing done rightly, which must work: it shows that the attempt would
   * have, but for the defence. `attempt`: the attacker's move. `defence`: what stopped it, or did not change, or was lost.
   */
  readonly kind: 'step' | 'control' | 'attempt' | 'defence';
  readonly text: string;
  /** False: this is not as it must be. */
  readonly held: boolean;
}

/** Thrown where an attack cannot go on, because what had to stop it did not, or stopped something else. */
export class DefenceBroken extends Error {
  override readonly name = 'DefenceBroken';
}

export interface Story {
  readonly lines: readonly StoryLine[];
  /** @throws DefenceBroken when `held` is false */
  tell(line: StoryLine): void;
}

export function createStory(onLine: (line: StoryLine) => void): Story {
  const lines: StoryLine[] = [];
  return {
    lines,
    tell(line) {
      lines.push(line);
      onLine(line);
      if (!line.held) throw new DefenceBroken(line.text);
    },
  };
}

/** Why a story does not show a defence; undefined when it does. */
export function flawOf(lines: readonly StoryLine[]): string | undefined {
  const broken = lines.find(({ held }) => !held);
  if (broken) return broken.text;
  for (const [kind, what] of [
    ['attempt', 'nothing was attempted'],
    ['defence', 'no defence was checked'],
    ['control', 'nothing shows that the attempt could have worked but for the defence'],
  ] as const) {
    if (!lines.some((line) => line.kind === kind)) return what;
  }
  return undefined;
}
