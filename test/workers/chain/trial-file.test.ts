import { describe, expect, it } from 'vitest';
import type { RawLog } from '../../../workers/chain/chain-values.ts';
import { interfaces } from '../../../workers/chain/contracts.ts';
import { createTrialFiles } from '../../../workers/chain/trial-file.ts';
import { Ground, NO_EXHIBITS, Space } from '../../../workers/protocol/trial.ts';
import { hash, jobOf, OPERATOR, OTHER, REGISTRY } from '../../support/sample-job.ts';

const docket = {
  opener: OTHER,
  openerCosts: 5n,
  traceDue: 100,
  demandsEnd: 200,
  hearingEnd: 300,
  trialEnd: 400,
  revealTime: 10,
  inputLength: 3,
  outputLength: 4,
};
const exhibits = { ...NO_EXHIBITS, traceTree: hash(7), traceLength: 9 };
const opened: readonly [string, readonly unknown[]] = ['TrialOpened', [jobOf(1), OTHER, OPERATOR, docket]];
const demanded = (id: number, height: number, index: number): readonly [string, readonly unknown[]] => [
  'Demanded',
  [jobOf(1), hash(id), OTHER, Space.Trace, height, index, hash(8), 50, 1, true],
];

function read(...events: readonly (readonly [string, readonly unknown[]])[]) {
  const questions: unknown[] = [];
  const logs = events.map(([name, values], at): Record<keyof RawLog, unknown> => {
    const { data, topics } = interfaces.TrialCourt.encodeEventLog(name, values);
    const [blockNumber, logIndex] = ['0x5', `0x${at.toString(16)}`];
    return { address: REGISTRY, topics, data, blockNumber, blockHash: hash(1), transactionHash: hash(2), logIndex };
  });
  const rpc = {
    call: async (_: string, [filter]: readonly unknown[]) => {
      questions.push(filter);
      return logs;
    },
  };
  return { questions, file: createTrialFiles({ TrialCourt: REGISTRY }, { rpc }).of(jobOf(1), { from: 5, to: 9 }) };
}

describe('a trial as its events tell it', () => {
  it('is asked for by its id, in the blocks since the attestation', async () => {
    const { file, questions } = read();
    expect(await file).toMatchObject({ docket: undefined, demands: [], ending: undefined });
    expect(questions).toEqual([{ address: REGISTRY, topics: [null, jobOf(1)], fromBlock: '0x5', toBlock: '0x9' }]);
  });

  it('brings the docket and the exhibits, which every later call has to bring', async () => {
    expect(await read(opened, ['TracePosted', [jobOf(1), OPERATOR, exhibits]]).file).toMatchObject({
      docket,
      exhibits,
    });
  });

  it('knows what waits, until when, and what was shown', async () => {
    const { demands } = await read(
      opened,
      demanded(11, 7, 0),
      demanded(12, 2, 3),
      ['DemandPostponed', [jobOf(1), hash(12), 70]],
      ['Revealed', [jobOf(1), hash(11), OPERATOR, hash(9), 1, 2, 310]],
    ).file;
    expect(demands).toMatchObject([
      { id: hash(11), space: Space.Trace, height: 7, index: 0, content: hash(9), demander: OTHER },
      { id: hash(12), height: 2, index: 3, due: 70, content: undefined },
    ]);
  });

  it('gives a demand to who outbids the one that waits', async () => {
    const again = ['Demanded', [jobOf(1), hash(11), OPERATOR, Space.Trace, 7, 0, hash(8), 50, 4, true]] as const;
    const { demands } = await read(opened, demanded(11, 7, 0), again).file;
    expect(demands).toMatchObject([{ id: hash(11), demander: OPERATOR, feeCap: 4n }]);
  });

  it('says how it ended', async () => {
    const marked = ['TrialMarked', [jobOf(1), Ground.NarrowGap, 3, 1, 2]] as const;
    const convicted = ['TrialConvicted', [jobOf(1), OPERATOR, OTHER, Ground.WrongElement, 17, 1, 2, 0, 0]] as const;
    expect(await read(opened, marked).file).toMatchObject({ marked: true, ending: undefined });
    expect(await read(opened, marked, convicted).file).toMatchObject({ ending: 'convicted: WrongElement, element 17' });
    expect(await read(opened, ['TrialAcquitted', [jobOf(1), OPERATOR, 3]]).file).toMatchObject({ ending: 'acquitted' });
    expect((await read(opened, ['TrialVoided', [jobOf(1), Ground.OutOfDomain, 3]]).file).ending).toBe(
      'void: OutOfDomain',
    );
  });
});
