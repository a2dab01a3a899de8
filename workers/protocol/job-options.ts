import type { Availability, CallbackPhase, Delivery, Terms } from './job.ts';

/** The settings of a job that share one word on the chain; twin of `contracts/types/JobOptions.sol`. */
export type JobOptions = Pick<
  Terms,
  | 'availability'
  | 'delivery'
  | 'callbackPhase'
  | 'callbackGas'
  | 'challengeWindow'
  | 'attestDeadline'
  | 'parametersVersion'
  | 'salt'
>;

/** Fields from the low bits up, with their widths; together 256 bits. */
const FIELDS = [
  ['availability', 8n],
  ['delivery', 8n],
  ['callbackPhase', 8n],
  ['callbackGas', 32n],
  ['challengeWindow', 32n],
  ['attestDeadline', 40n],
  ['parametersVersion', 32n],
  ['salt', 96n],
] as const satisfies readonly (readonly [keyof JobOptions, bigint])[];

/** The word in which a job's small settings travel. Every field must fit its width; `parseTerms` sees to that. */
export function packOptions(options: JobOptions): bigint {
  let word = 0n;
  let shift = 0n;
  for (const [name, width] of FIELDS) {
    word |= BigInt(options[name]) << shift;
    shift += width;
  }
  return word;
}

/** The fields of a packed word. Enums are taken as they are; `parseTerms` checks them. */
export function unpackOptions(word: bigint): JobOptions {
  const values: Record<string, bigint> = {};
  let shift = 0n;
  for (const [name, width] of FIELDS) {
    values[name] = (word >> shift) & ((1n << width) - 1n);
    shift += width;
  }
  const number = (name: keyof JobOptions): number => Number(values[name]);
  return {
    availability: number('availability') as Availability,
    delivery: number('delivery') as Delivery,
    callbackPhase: number('callbackPhase') as CallbackPhase,
    callbackGas: number('callbackGas'),
    challengeWindow: number('challengeWindow'),
    attestDeadline: values['attestDeadline'] ?? 0n,
    parametersVersion: number('parametersVersion'),
    salt: values['salt'] ?? 0n,
  };
}
