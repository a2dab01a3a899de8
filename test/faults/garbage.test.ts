import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAttestationOutputs } from '../../workers/chain/attestation-output.ts';
import { parseHeader, parseLog, parseReceipt, type RawLog } from '../../workers/chain/chain-values.ts';
import { interfaces } from '../../workers/chain/contracts.ts';
import type { Addresses } from '../../workers/chain/deployments.ts';
import { createEventDecoder } from '../../workers/chain/events.ts';
import { parseRecord } from '../../workers/protocol/attestation-record.ts';
import { parseContentId } from '../../workers/protocol/content-id.ts';
import { parseDataTerms } from '../../workers/protocol/data-terms.ts';
import { parseFeedTerms } from '../../workers/protocol/feed.ts';
import { type Hex, type Hex32, type JobId, parseAddress, parseHex32 } from '../../workers/protocol/ids.ts';
import { parseTerms, termsToJson } from '../../workers/protocol/job.ts';
import { MalformedError } from '../../workers/protocol/malformed.ts';
import { parseModelSpec } from '../../workers/protocol/model.ts';
import { parseScheduleTerms, scheduleTermsToJson } from '../../workers/protocol/schedule.ts';
import { parseDocket, parseExhibits } from '../../workers/protocol/trial.ts';
import { catalog, type QueueDefinition } from '../../workers/queue/catalog.ts';
import { parseMessage } from '../../workers/queue/producer.ts';
import { listenerConfig } from '../../workers/roles/listener/config.ts';
import { oracleConfig } from '../../workers/roles/oracle/config.ts';
import { submitterConfig } from '../../workers/roles/submitter/config.ts';
import { type Environment, listVariables, loadConfig } from '../../workers/runtime/config.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import { parseExact } from '../../workers/sources/exact-decimal.ts';
import { numberFromCsv, numberFromJson, textOf } from '../../workers/sources/extraction.ts';
import { parseSourcesDocument } from '../../workers/sources/sources-document.ts';
import { effort } from '../support/effort.ts';
import { hash, REGISTRY, TERMS } from '../support/sample-job.ts';
import { SCHEDULE_TERMS } from '../support/sample-orders.ts';
import { seedOf } from '../support/seeds.ts';

const CASES = effort({ test: 5_000, nightly: 100_000 });

/** Runs `work`: it may give something, or refuse with an error that has a code of ours. */
async function handles(work: () => unknown): Promise<'taken' | 'refused'> {
  try {
    await work();
    return 'taken';
  } catch (error) {
    if (error instanceof RemitError || error instanceof MalformedError) {
      expect(error.code).toMatch(/^[A-Z][A-Z0-9_]+$/);
      return 'refused';
    }
    throw error;
  }
}

const anything = fc.oneof(
  fc.anything({ withBigInt: true, withNullPrototype: true, withObjectString: true, maxDepth: 3 }),
  fc.jsonValue({ maxDepth: 4 }),
);
const bytes = fc.uint8Array({ maxLength: 300 });
const hex: fc.Arbitrary<Hex> = bytes.map((raw): Hex => `0x${Buffer.from(raw).toString('hex')}`);

/** Something that is almost right: one value of it, or of something inside, is another, is missing, or is too much. */
function almost(right: object): fc.Arbitrary<unknown> {
  const places = placesIn(right);
  return fc.tuple(fc.nat(), anything, fc.nat(3)).map(([at, other, how]) => {
    const copy: unknown = structuredClone(right);
    const place = places[at % places.length] ?? [];
    let inside = copy as Record<string, unknown>;
    for (const key of place.slice(0, -1)) inside = inside[key] as Record<string, unknown>;
    const key = place.at(-1) ?? '';
    if (how === 0) Reflect.deleteProperty(inside, key);
    else if (how === 1) inside[`${key}X`] = other;
    else inside[key] = other;
    return copy;
  });
}

function placesIn(value: object): readonly (readonly string[])[] {
  return Object.entries(value).flatMap(([key, inside]: [string, unknown]) => [
    [key],
    ...(typeof inside === 'object' && inside !== null ? placesIn(inside).map((rest) => [key, ...rest]) : []),
  ]);
}

async function check<T>(cases: fc.Arbitrary<T>, work: (value: T) => unknown, most = CASES): Promise<void> {
  const seen = { taken: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(cases, async (value) => {
      seen[await handles(() => work(value))] += 1;
    }),
    { numRuns: most, seed: seedOf() },
  );
  // Garbage is refused for the most part: a reader that takes everything reads nothing.
  expect(seen.refused).toBeGreaterThan(0);
}

const coordinates = { blockNumber: 1, blockHash: hash(1), txHash: hash(2), logIndex: 0, timestamp: 3 };
const inference = {
  chainId: 31_337,
  registry: REGISTRY,
  jobId: hash(1),
  terms: termsToJson(TERMS),
  input: '0x00000000',
  request: coordinates,
};
const document = {
  version: 1,
  minimum: 1,
  outlierBps: 100,
  sources: [{ name: 'a', url: 'https://example.com/', json: 'price' }],
};
const TIME = 600_000;

describe('what comes from outside and is nonsense', { timeout: TIME }, () => {
  const addresses = Object.fromEntries(
    Object.keys(interfaces).map((name, at) => [name, parseAddress(`0x${(at + 1).toString(16).padStart(40, '0')}`)]),
  ) as Addresses;

  it('is no event: data and topics of every event of every contract', async () => {
    const decoder = createEventDecoder(addresses);
    const logs = fc.record({
      address: fc.constantFrom(...Object.values(addresses)),
      topics: fc
        .tuple(fc.constantFrom(...decoder.filter.topics), fc.array(bytes.map(wordOf), { maxLength: 3 }))
        .map(([topic, rest]) => [topic as Hex32, ...rest]),
      data: fc.oneof(hex, fc.array(bytes.map(wordOf), { maxLength: 30 }).map(joined)),
      blockNumber: fc.nat(),
      blockHash: fc.constant(hash(1)),
      transactionHash: fc.constant(hash(2)),
      logIndex: fc.nat(),
    }) satisfies fc.Arbitrary<RawLog>;
    await check(logs, (log) => decoder.decode(log));
  });

  it('is no header, log or receipt of a node', async () => {
    const log = { address: REGISTRY, topics: [hash(1)], data: '0x00', ...place() };
    await check(fc.oneof(anything, almost(header())), parseHeader);
    await check(fc.oneof(anything, almost(log)), parseLog);
    await check(fc.oneof(anything, almost({ ...receipt(), logs: [log] })), parseReceipt);
  });

  it('is no calldata of an attestation', async () => {
    const { selector } = interfaces.JobRegistry.getFunction('attest') ?? { selector: '0x' };
    let input: unknown;
    const outputs = createAttestationOutputs(
      { chainId: 31_337, registry: REGISTRY },
      { rpc: { call: async () => ({ to: REGISTRY, input }) } },
    );
    const inputs = fc.oneof(
      anything,
      hex,
      hex.map((rest) => selector + rest.slice(2)),
      fc.array(bytes.map(wordOf), { maxLength: 40 }).map((words) => selector + joined(words).slice(2)),
    );
    await check(inputs, (next) => {
      input = next;
      return outputs.vectorIn(hash(1), hash(2) as JobId);
    });
  });

  it('is no configuration', async () => {
    const schemas = [listenerConfig, oracleConfig, submitterConfig];
    const text = fc.oneof(fc.string(), fc.constantFrom('1', '-1', '1e9', 'true', 'NaN', '0x', '10s', '\u0000', '∞'));
    const names = schemas.flatMap((schema) => listVariables(schema).map(({ name }) => name));
    const environments = fc.tuple(
      fc.constantFrom(...schemas),
      fc.dictionary(
        fc.oneof(
          fc.constantFrom(...names),
          fc.string().map((rest) => `REMIT_${rest}`),
        ),
        text,
        {
          maxKeys: 12,
        },
      ),
    );
    await check(environments, ([schema, env]) => loadConfig(schema, env satisfies Environment));
  });

  it.each(Object.entries(catalog) as [string, QueueDefinition][])('is no message: %s', async (_, definition) => {
    const most = Math.ceil(CASES / Object.keys(catalog).length);
    await check(fc.oneof(anything, almost(inference)), (message) => parseMessage(definition, message), most);
  });

  it('is no document of sources, and no answer of one', async () => {
    const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
    const documents = fc.oneof(
      bytes,
      fc.json().map((text) => new TextEncoder().encode(text)),
      almost(document).map(safe).map(encode),
    );
    await check(documents, parseSourcesDocument);
    const query = fc.constantFrom('$', '$.a', '$.a.b', '$[0]', '$.*', '$[-1]', '$[""]');
    await check(
      fc.tuple(
        fc.oneof(
          bytes,
          fc.json().map((text) => new TextEncoder().encode(text)),
        ),
        query,
      ),
      ([body, path]) => numberFromJson(textOf(body), path),
    );
    await check(fc.tuple(fc.string(), fc.string(), fc.nat(9)), ([text, column, row]) =>
      numberFromCsv(text, { column, row: row === 0 ? 'last' : { column, equals: String(row) } }),
    );
    await check(fc.oneof(fc.string(), fc.double().map(String)), parseExact);
  });

  it.each([
    ['terms of a job', parseTerms, termsToJson(TERMS)],
    ['terms of a schedule', parseScheduleTerms, scheduleTermsToJson(SCHEDULE_TERMS)],
    ['terms of a question', parseDataTerms, undefined],
    ['terms of a feed', parseFeedTerms, undefined],
    ['a record', parseRecord, undefined],
    ['a model', parseModelSpec, undefined],
    ['a docket', parseDocket, undefined],
    ['exhibits', parseExhibits, undefined],
    ['a content id', parseContentId, undefined],
    ['32 bytes', parseHex32, undefined],
    ['an address', parseAddress, undefined],
  ] as const)('is not %s', async (_, parse: (value: unknown) => unknown, right: object | undefined) => {
    await check(right ? fc.oneof(anything, almost(right)) : anything, parse, Math.ceil(CASES / 11));
  });
});

function wordOf(raw: Uint8Array): Hex32 {
  return `0x${Buffer.from(raw).toString('hex').slice(0, 64).padStart(64, '0')}` as Hex32;
}

function joined(words: readonly Hex32[]): Hex {
  return `0x${words.map((word) => word.slice(2)).join('')}`;
}

/** What JSON can say of it. */
function safe(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? one.toString() : one)));
}

function place() {
  return { blockNumber: '0x1', blockHash: hash(1), transactionHash: hash(2), logIndex: '0x0' };
}

function header() {
  const logsBloom = `0x${'00'.repeat(256)}`;
  return {
    number: '0x1',
    hash: hash(1),
    parentHash: hash(0),
    timestamp: '0x5',
    logsBloom,
    receiptsRoot: hash(3),
    baseFeePerGas: '0x1',
  };
}

function receipt() {
  const { blockHash, blockNumber, transactionHash } = place();
  return { transactionHash, blockHash, blockNumber, status: '0x1', gasUsed: '0x5208', effectiveGasPrice: '0x1' };
}
