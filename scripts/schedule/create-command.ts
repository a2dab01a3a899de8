import { keccak256 } from 'ethers';
import {
  type Address,
  type Hex,
  parseAddress,
  parseHex32,
  parseModelId,
  ZERO_ADDRESS,
  ZERO_HEX32,
} from '../../workers/protocol/ids.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import { inWords, openAccount } from '../chain/account.ts';
import type { ChainArguments, KeyArguments } from '../chain/chain-options.ts';
import type { ChainSession } from '../chain/chain-session.ts';
import type { CommandDeps, CommandResult } from '../chain/command-result.ts';
import { logsIn } from '../chain/contract-logs.ts';
import { requiredSigner } from '../chain/required-signer.ts';
import { callRefused } from '../chain/send-call.ts';
import { table } from '../chain/table.ts';
import { depositTokens, openToken, type Token } from '../chain/token.ts';
import { withSession } from '../chain/with-session.ts';
import { readFixedInput } from './fixed-input.ts';
import { DELIVERIES, PHASES, readSchedule } from './schedule-view.ts';
import { scheduleJson, showSchedule } from './show-schedule.ts';

/** Times in seconds, shares in 1/10,000, amounts as tokens. */
export interface CreateArguments extends ChainArguments, KeyArguments {
  readonly model: string;
  /** One of the two. */
  readonly feed?: string;
  readonly input?: string;
  readonly fee: string;
  readonly tip: string;
  readonly interval: number;
  readonly deviation: number;
  readonly gap: number;
  /** Default: the least that this deployment takes. */
  readonly stake?: string;
  /** Default: the least that this deployment takes. */
  readonly window?: number;
  readonly attestTime: number;
  readonly operator?: string;
  readonly callback?: string;
  readonly phase: (typeof PHASES)[number];
  readonly callbackGas: number;
  readonly delivery: (typeof DELIVERIES)[number];
  /** What is deposited for it at once. */
  readonly fund?: string;
}

/** What a schedule is created with unless told otherwise. */
export const SCHEDULE_DEFAULTS = {
  tip: '0.01',
  deviation: 0,
  gap: 0,
  attestTime: 300,
  phase: 'final',
  callbackGas: 200_000,
  delivery: 'inline',
} as const;

/** The option of each field that the scheduler may refuse. */
const OPTIONS: Readonly<Record<string, string>> = {
  modelId: '--model',
  feedId: '--feed',
  inputHash: '--input',
  deviationBps: '--deviation',
  fee: '--fee',
  interval: '--interval or --gap',
  attestTime: '--attest-time',
  callbackTarget: '--callback',
};

/** Makes a schedule, and funds it where an amount is named. */
export function createCommand(given: CreateArguments, deps: CommandDeps): Promise<CommandResult> {
  const source = requiredSigner(given);
  if ((given.feed === undefined) === (given.input === undefined)) {
    throw invalid('--feed or --input', 'the input comes from a feed or from a file');
  }
  return withSession(given, deps, async (session) => {
    const from = await openAccount(source, session, deps);
    const token = await openToken(session);
    const { terms, input } = await buildSchedule(given, session, token);
    const sent = await from.attempt('Scheduler', 'create', [terms, input]);
    if (!sent.ok) {
      const reason = inWords(sent.reason);
      if (reason.name !== 'SchedulerInvalidSchedule') throw callRefused('creating the schedule', reason);
      throw invalid(OPTIONS[reason.args['field'] ?? ''], `the scheduler refuses ${reason.args['field'] ?? 'it'}`);
    }
    const made = logsIn(sent.receipt, 'Scheduler').find(({ name }) => name === 'ScheduleCreated');
    const schedule = parseAddress(made?.args['schedule']);
    if (given.fund !== undefined) {
      await depositTokens({ amount: token.units(given.fund), account: schedule }, { session, from, token });
    }
    const view = await readSchedule(schedule, session, deps.signal);
    const { transactionHash, gasUsed } = sent.receipt;
    return {
      lines: [
        `schedule ${schedule} is created`,
        ...showSchedule(view, token),
        ...table([
          ['transaction', transactionHash],
          ['gas', String(gasUsed)],
        ]),
      ],
      json: { ...scheduleJson(view), transaction: transactionHash, gasUsed: Number(gasUsed) },
    };
  });
}

async function buildSchedule(
  given: CreateArguments,
  session: ChainSession,
  token: Token,
): Promise<{ readonly terms: Readonly<Record<string, unknown>>; readonly input: Hex }> {
  const { JobRegistry, ModelRegistry } = session.contracts;
  const modelId = parseModelId(given.model);
  const bounds = await JobRegistry.parametersOf(await JobRegistry.currentVersion());
  const { inputLength } = await ModelRegistry.lengthsOf(modelId);
  const input = given.input === undefined ? '0x' : await readFixedInput(given.input, Number(inputLength));
  const callbackTarget = addressOr(given.callback);
  return {
    input,
    terms: {
      modelId,
      feedId: given.feed === undefined ? ZERO_HEX32 : parseHex32(given.feed),
      inputHash: given.input === undefined ? ZERO_HEX32 : keccak256(input),
      fee: token.units(given.fee),
      stakeAtRisk: given.stake === undefined ? bounds.stakeAtRiskMin : token.units(given.stake),
      operator: addressOr(given.operator),
      callbackTarget,
      callbackPhase: callbackTarget === ZERO_ADDRESS ? 0 : PHASES.indexOf(given.phase),
      delivery: DELIVERIES.indexOf(given.delivery),
      callbackGas: callbackTarget === ZERO_ADDRESS ? 0 : given.callbackGas,
      challengeWindow: given.window ?? Number(bounds.challengeWindowMin),
      attestTime: given.attestTime,
      interval: given.interval,
      deviationBps: given.deviation,
      gap: given.gap,
      tip: token.units(given.tip),
    },
  };
}

const addressOr = (value: string | undefined): Address => (value === undefined ? ZERO_ADDRESS : parseAddress(value));

function invalid(option = 'an option', why: string): RemitError {
  return new RemitError({
    code: 'SCHEDULE_TERMS_INVALID',
    message: `${option} cannot work: ${why}`,
    fix: `change ${option}; ./dev schedule create --help lists what is expected`,
    context: { option, why },
  });
}
