import type { MessageInput } from '../../../workers/queue/catalog.ts';

const byte = (digits: string): string => `0x${digits.repeat(64 / digits.length)}`;
const ADDRESS = '0x5FbDB2315678afecb367f032d93F642f64180aa3';

export const terms = {
  requester: ADDRESS,
  modelId: byte('11'),
  inputRoot: byte('22'),
  availability: 1,
  delivery: 1,
  callbackPhase: 1,
  callbackGas: 100_000,
  callbackTarget: ADDRESS,
  fee: '1000000000000000000',
  stakeAtRisk: '340282366920938463463374607431768211455',
  operator: ADDRESS,
  offerPenalty: '0',
  attestDeadline: '1700000600',
  challengeWindow: 60,
  policy: `0x${'0'.repeat(40)}`,
  parametersVersion: 1,
  salt: '7',
} as const;

export const record = {
  outputRoot: byte('33'),
  outputContent: byte('00'),
  operator: ADDRESS,
  challengeEnd: '1700000900',
};

/** A well-formed message of the inference queue for job number `n`. */
export function inferenceMessage(n = 1): MessageInput<'inference'> {
  const jobId = `0x${n.toString(16).padStart(64, '0')}`;
  const request = { blockNumber: 5, blockHash: byte('aa'), txHash: byte('bb'), logIndex: 0, timestamp: 1_700_000_000 };
  return { chainId: 31_337, registry: ADDRESS, jobId, terms, input: '0x0102', request };
}

/** A well-formed message of the settlement queue for job number `n`. */
export function settlementMessage(n = 1): MessageInput<'settlement'> {
  const { chainId, registry, jobId } = inferenceMessage(n);
  return { chainId, registry, jobId, terms, action: 'settle', record, output: '0x' };
}
