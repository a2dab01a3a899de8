import { SigningKey, computeAddress, id } from 'ethers';
import { appointmentTypedData } from '../../workers/protocol/appointment.ts';
import { attestationTypedData, offerTypedData } from '../../workers/protocol/attestation.ts';
import { recordHash } from '../../workers/protocol/attestation-record.ts';
import { contentIdOf, sha256Of } from '../../workers/protocol/content-id.ts';
import {
  type Address,
  type Hex32,
  ZERO_ADDRESS,
  ZERO_HEX32,
  parseAddress,
  parseHex32,
  parseJobId,
  parseModelId,
} from '../../workers/protocol/ids.ts';
import { type Terms, jobIdOf, termsToJson } from '../../workers/protocol/job.ts';
import { eligibleAt, eligibleFrom, ladderSeed, ladderTicket } from '../../workers/protocol/ladder.ts';
import { type ModelSpec, inputLength, modelIdOf, outputLength, triable } from '../../workers/protocol/model.ts';
import { type TypedData, digestOfTypedData, domainSeparator } from '../../workers/protocol/typed-data.ts';
import { bitsOfFloat } from '../../workers/protocol/vector.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import { elementaryCases } from './elementary-cases.ts';
import { float32Cases } from './float32-cases.ts';
import { planCases } from './plan-cases.ts';
import { SeededRandom } from './random.ts';

const CHAIN_ID = 31337n;
const UINT128_MAX = 2n ** 128n - 1n;

const toHex = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString('hex')}`;
const randomHex32 = (random: SeededRandom) => parseHex32(random.hex(32));
const randomAddress = (random: SeededRandom) => parseAddress(random.hex(20));

/** Every shared vector, by file name under `test/vectors/`. The same at every call. */
export function vectorFiles(): Readonly<Record<string, unknown>> {
  return {
    'vectors.json': vectorCases(new SeededRandom(1)),
    'job-ids.json': jobIdCases(new SeededRandom(2)),
    'model-ids.json': modelIdCases(new SeededRandom(3)),
    'eip712.json': signingCases(new SeededRandom(4)),
    'ladder.json': ladderCases(new SeededRandom(5)),
    'content-ids.json': contentIdCases(new SeededRandom(6)),
    'float32.json': float32Cases(),
    'elementary.json': elementaryCases(),
    'plans.json': planCases(new SeededRandom(7)),
  };
}

const LENGTHS = [
  0, 1, 2, 10, 63, 64, 65, 127, 128, 129, 191, 192, 193, 255, 256, 257, 320, 321, 511, 512, 513, 640, 832, 1023, 1024,
];

function vectorCases(random: SeededRandom): unknown {
  const cases = LENGTHS.map((length) => ({ length, vector: random.bytes(4 * length) }));
  const zeros = [1, 64, 65, 256].map((length) => ({ length, vector: new Uint8Array(4 * length) }));
  return [...cases, ...zeros].map(({ length, vector }) => ({ length, bytes: toHex(vector), root: vectorRoot(vector) }));
}

function randomTerms(random: SeededRandom): Terms {
  return {
    requester: randomAddress(random),
    modelId: parseModelId(random.hex(32)),
    inputRoot: randomHex32(random),
    availability: [0, 1, 2][random.below(3)] as Terms['availability'],
    delivery: [0, 1, 2][random.below(3)] as Terms['delivery'],
    callbackPhase: [0, 1, 2][random.below(3)] as Terms['callbackPhase'],
    callbackGas: random.uint32(),
    callbackTarget: randomAddress(random),
    fee: random.big(128),
    stakeAtRisk: random.big(128),
    operator: randomAddress(random),
    offerPenalty: random.big(128),
    attestDeadline: random.big(40),
    challengeWindow: random.uint32(),
    policy: randomAddress(random),
    parametersVersion: random.uint32(),
    salt: random.big(96),
  };
}

const ZERO_TERMS: Terms = {
  requester: ZERO_ADDRESS,
  modelId: parseModelId(ZERO_HEX32),
  inputRoot: ZERO_HEX32,
  availability: 0,
  delivery: 0,
  callbackPhase: 0,
  callbackGas: 0,
  callbackTarget: ZERO_ADDRESS,
  fee: 0n,
  stakeAtRisk: 0n,
  operator: ZERO_ADDRESS,
  offerPenalty: 0n,
  attestDeadline: 0n,
  challengeWindow: 0,
  policy: ZERO_ADDRESS,
  parametersVersion: 0,
  salt: 0n,
};

function jobIdCases(random: SeededRandom): unknown {
  const registry = randomAddress(random);
  const largest = {
    ...randomTerms(random),
    fee: UINT128_MAX,
    stakeAtRisk: UINT128_MAX,
    offerPenalty: UINT128_MAX,
    salt: 2n ** 96n - 1n,
  };
  const all = [ZERO_TERMS, largest, ...Array.from({ length: 6 }, () => randomTerms(random))];
  return all.map((terms, i) => {
    const domain = { chainId: i % 2 === 0 ? CHAIN_ID : 8453n, registry };
    const record = {
      outputRoot: randomHex32(random),
      outputContent: i % 2 === 0 ? ZERO_HEX32 : randomHex32(random),
      operator: randomAddress(random),
      challengeEnd: random.big(40),
    };
    return {
      chainId: Number(domain.chainId),
      registry,
      terms: termsToJson(terms),
      jobId: jobIdOf(terms, domain),
      record: { ...record, challengeEnd: record.challengeEnd.toString() },
      recordHash: recordHash(record),
    };
  });
}

function modelIdCases(random: SeededRandom): unknown {
  const tensor = (length: number) => ({ length, lo: bitsOfFloat(-1), hi: bitsOfFloat(1) });
  const output = (start: number, length: number, kind: 1 | 2) => ({
    start,
    length,
    absTol: kind === 1 ? bitsOfFloat(1e-4) : 0,
    relTol: kind === 1 ? bitsOfFloat(1e-3) : 0,
    kind,
  });
  const spec = (parts: Pick<ModelSpec, 'inputs' | 'outputs'>, isTriable: boolean): ModelSpec => ({
    semanticsVersion: 1,
    planRoot: isTriable ? randomHex32(random) : ZERO_HEX32,
    planLength: isTriable ? 12 : 0,
    weightsRoot: randomHex32(random),
    traceLength: isTriable ? 4096 : 0,
    ...parts,
    onnxSha256: randomHex32(random),
    publisher: randomAddress(random),
    publisherFeeBps: random.below(1001),
  });
  return [
    spec({ inputs: [tensor(10)], outputs: [output(0, 1, 1)] }, false),
    spec({ inputs: [tensor(784)], outputs: [output(64, 10, 1)] }, true),
    spec({ inputs: [tensor(1), tensor(65), tensor(64)], outputs: [output(0, 100, 1), output(128, 3, 2)] }, true),
    spec({ inputs: [tensor(230400)], outputs: [output(0, 8840, 1), output(8896, 17680, 1)] }, false),
  ].map((model) => ({
    spec: model,
    modelId: modelIdOf(model),
    inputLength: inputLength(model),
    outputLength: outputLength(model),
    triable: triable(model),
  }));
}

/** Test keys: hashes of words, worth nothing on any chain. */
function testKey(word: string): SigningKey {
  return new SigningKey(id(`remit test key ${word}`));
}

function signed<T extends object>(data: TypedData<T>, key: SigningKey, value: unknown) {
  const digest = digestOfTypedData(data);
  return {
    value,
    domainSeparator: domainSeparator(data),
    digest,
    privateKey: key.privateKey,
    signer: computeAddress(key),
    signature: key.sign(digest).serialized,
  };
}

function signingCases(random: SeededRandom): unknown {
  const registry = { chainId: CHAIN_ID, verifyingContract: randomAddress(random) };
  const staking = { chainId: CHAIN_ID, verifyingContract: randomAddress(random) };
  const keys = ['operator', 'attester', 'other'].map(testKey);
  const addresses = keys.map((key) => parseAddress(computeAddress(key)));
  const [operator = ZERO_ADDRESS] = addresses;
  return {
    chainId: Number(CHAIN_ID),
    jobRegistry: registry.verifyingContract,
    operatorStaking: staking.verifyingContract,
    attestations: keys.map((key, i) => {
      const outputContent = i === 0 ? ZERO_HEX32 : randomHex32(random);
      const value = { jobId: parseJobId(random.hex(32)), outputRoot: randomHex32(random), outputContent, operator };
      return signed(attestationTypedData(value, registry), key, value);
    }),
    offers: keys.map((key) => {
      const value = { jobId: parseJobId(random.hex(32)), penalty: random.big(128), expiry: random.big(64) };
      return signed(offerTypedData(value, registry), key, {
        ...value,
        penalty: value.penalty.toString(),
        expiry: value.expiry.toString(),
      });
    }),
    appointments: keys.map((key, i) => {
      const value = { operator, attester: addresses[i] ?? operator };
      return signed(appointmentTypedData(value, staking), key, value);
    }),
  };
}

const DOUBLINGS = [0, 1, 2, 3, 5, 10, 30, 63, 64];

function ladderCases(random: SeededRandom): unknown {
  const requestedAt = 1_800_000_000;
  const step = 12;
  return Array.from({ length: 16 }, (_, i) => {
    const jobId = parseJobId(random.hex(32));
    const nextBlockHash: Hex32 = randomHex32(random);
    const operator: Address = randomAddress(random);
    const totalStake = i === 0 ? UINT128_MAX : random.big(100) + 1n;
    const stake = stakeOf(i, totalStake, random);
    const width = BigInt([1, 2, 3, 65535][i % 4] ?? 1);
    const seed = ladderSeed(jobId, nextBlockHash);
    const place = { seed, operator, stake, totalStake, width };
    return {
      jobId,
      nextBlockHash,
      operator,
      stake: stake.toString(),
      totalStake: totalStake.toString(),
      width: Number(width),
      seed,
      ticket: ladderTicket(seed, operator).toString(),
      steps: DOUBLINGS.map((doublings) => ({ doublings, eligible: eligibleAt(place, doublings) })),
      requestedAt,
      step,
      eligibleFrom: eligibleFrom(place, { requestedAt, step }) ?? 0,
    };
  });
}

/** All, none, next to none, and ever smaller parts of the whole. */
function stakeOf(i: number, totalStake: bigint, random: SeededRandom): bigint {
  if (i === 0) return totalStake;
  if (i === 1) return 0n;
  if (i === 2) return 1n;
  return (totalStake >> BigInt(i)) + BigInt(random.below(1000));
}

function contentIdCases(random: SeededRandom): unknown {
  const blobs = [0, 1, 4, 256, 1000].map((length) => random.bytes(length));
  return [...blobs, new TextEncoder().encode('remit')].map((bytes) => {
    const digest = sha256Of(bytes);
    return { bytes: toHex(bytes), sha256: digest, contentId: contentIdOf(digest) };
  });
}
