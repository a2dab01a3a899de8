import { seededChance } from '../../support/rpc-proxy.ts';

/** What somebody asks, by how it has to end: settled, settled while its callback reverts, expired. */
export type SeedJob = 'answerable' | 'callback when attested' | 'callback when final' | 'unanswerable';

export type Victim = 'listener' | 'executor' | 'submitter';

/** Something that goes wrong. Those that last end after so many ticks; meanwhile the script goes on. */
export type SeedFault =
  | { readonly kind: 'reorg'; readonly depth: number }
  | { readonly kind: 'RPC errors'; readonly seed: number; readonly ticks: number }
  | { readonly kind: 'kill -9'; readonly victim: Victim }
  | { readonly kind: 'Redis emptied' }
  | { readonly kind: 'Redis killed' }
  | { readonly kind: 'transactions dropped' }
  | { readonly kind: 'base fee x20'; readonly ticks: number }
  | { readonly kind: 'no blocks'; readonly ticks: number };

/** What happens next, so many ticks after what happened before. */
export type SeedStep = { readonly seed: number; readonly after: number } & (
  { readonly kind: 'ask'; readonly jobs: readonly SeedJob[] } | { readonly kind: 'fault'; readonly fault: SeedFault }
);

export const REORG_DEPTH_MAX = 12;
const KINDS = [
  'reorg',
  'RPC errors',
  'kill -9',
  'Redis emptied',
  'Redis killed',
  'transactions dropped',
  'base fee x20',
  'no blocks',
] as const satisfies readonly SeedFault['kind'][];
const VICTIMS = ['listener', 'executor', 'submitter'] as const satisfies readonly Victim[];
const OTHERS = [
  'answerable',
  'callback when attested',
  'callback when final',
  'unanswerable',
] as const satisfies readonly SeedJob[];

/**
 * Two to four jobs, and two or three faults of different kinds while they are under way. The first is always answerable,
 * so that nobody passes by doing nothing.
 */
export function scriptOf(seed: number): readonly SeedStep[] {
  let drawn = 0;
  const below = (limit: number): number => Math.floor(seededChance(seed, (drawn += 1)) * limit);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)]!;

  function draw(kind: SeedFault['kind']): SeedFault {
    switch (kind) {
      case 'reorg':
        return { kind, depth: 1 + below(REORG_DEPTH_MAX) };
      case 'RPC errors':
        return { kind, seed: below(2 ** 31), ticks: 4 + below(8) };
      case 'kill -9':
        return { kind, victim: pick(VICTIMS) };
      case 'base fee x20':
      case 'no blocks':
        return { kind, ticks: 2 + below(6) };
      default:
        return { kind };
    }
  }

  const first: readonly SeedJob[] = ['answerable', pick(OTHERS)];
  const later = Array.from({ length: below(3) }, () => pick(OTHERS));
  const kinds: SeedFault['kind'][] = [...KINDS];
  const faults = Array.from({ length: 2 + below(2) }, () => draw(kinds.splice(below(kinds.length), 1)[0]!));
  const steps: (
    Pick<SeedStep & { kind: 'fault' }, 'kind' | 'fault'> | Pick<SeedStep & { kind: 'ask' }, 'kind' | 'jobs'>
  )[] = faults.map((fault) => ({ kind: 'fault', fault }));
  if (later.length > 0) steps.splice(below(steps.length), 0, { kind: 'ask', jobs: later });
  return [{ kind: 'ask' as const, jobs: first }, ...steps].map((step) => ({ ...step, seed, after: below(4) }));
}

/** Scripts that play at the same time: their steps by turns. */
export function interleaved(...scripts: readonly (readonly SeedStep[])[]): readonly SeedStep[] {
  const longest = Math.max(...scripts.map(({ length }) => length));
  return Array.from({ length: longest }, (_, at) => scripts.flatMap((script) => script.slice(at, at + 1))).flat();
}

/** The schedule as a person reads it, a line for each step. */
export function told(steps: readonly SeedStep[]): string {
  const line = (step: SeedStep): string => {
    if (step.kind === 'ask') return `ask: ${step.jobs.join(', ')}`;
    const { kind, ...details } = step.fault;
    return `${kind} ${Object.entries(details)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`.trim();
  };
  return steps.map((step) => `  seed ${step.seed}, after ${step.after} ticks: ${line(step)}`).join('\n');
}
