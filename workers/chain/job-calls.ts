import type { Result } from 'ethers';
import { abiCodec } from '../protocol/abi-codec.ts';
import type { AttestationRecord } from '../protocol/attestation-record.ts';
import type { Hex, Hex32, JobId } from '../protocol/ids.ts';
import { type JobDomain, jobIdOf, type Terms, termsOfChain, termsToChain } from '../protocol/job.ts';
import { interfaces } from './contracts.ts';

/** An output as `attest` takes it. */
export interface AttestedOutput {
  readonly root: Hex32;
  /** sha2-256 of the published vector; zero unless the delivery is `Blob`. */
  readonly content: Hex32;
  /** The vector; `0x` unless the delivery is `Inline`. */
  readonly vector: Hex;
}

/** One job as `settle` takes it. */
export interface SettleEntry {
  readonly terms: Terms;
  readonly record: AttestationRecord;
  /** The output vector where an inline `onFinal` callback is due, else `0x`. */
  readonly output: Hex;
}

const registry = interfaces.JobRegistry;
const attest = encoder('attest');
const settle = encoder('settle');
const settleMany = encoder('settleMany');
const expire = encoder('expire');

function encoder(method: string): (...values: readonly unknown[]) => Hex {
  const fragment = registry.getFunction(method);
  if (!fragment) throw new Error(`the registry has no function ${method}`);
  const codec = abiCodec(fragment.inputs);
  return (...values) => `${fragment.selector as Hex}${codec.encode(values)}`;
}

/** Calldata of `JobRegistry.attest`, without evidence for a policy. */
export function attestCall(terms: Terms, output: AttestedOutput): Hex {
  return attest(termsToChain(terms), output, '0x');
}

/** Calldata of `JobRegistry.settle`. */
export function settleCall({ terms, record, output }: SettleEntry): Hex {
  return settle(termsToChain(terms), record, output);
}

/** Calldata of `JobRegistry.settleMany`; outputs travel only when one of the jobs needs its own. */
export function settleManyCall(entries: readonly SettleEntry[]): Hex {
  const outputs = entries.some(({ output }) => output !== '0x') ? entries.map(({ output }) => output) : [];
  return settleMany(
    entries.map(({ terms, record }) => ({ terms: termsToChain(terms), record })),
    outputs,
  );
}

/** Calldata of `JobRegistry.expire`. */
export function expireCall(terms: Terms): Hex {
  return expire(termsToChain(terms));
}

/** The jobs that a `settle` or `settleMany` call is about; none for any other call. */
export function jobsSettledBy(data: Hex, domain: JobDomain): readonly JobId[] {
  const call = registry.parseTransaction({ data });
  const terms =
    call?.name === 'settle'
      ? [call.args['terms'] as Result]
      : call?.name === 'settleMany'
        ? (call.args['calls'] as Result).map((entry) => (entry as Result)['terms'] as Result)
        : [];
  return terms.map((one) => jobIdOf(termsOfChain(one.toObject()), domain));
}
