import { showSeconds, showShare, showTime } from '../chain/human-units.ts';
import { table } from '../chain/table.ts';
import type { Token } from '../chain/token.ts';
import type { ScheduleView } from './schedule-view.ts';

/** A schedule for people. */
export function showSchedule(view: ScheduleView, token: Token): string[] {
  const { terms } = view;
  return [
    headline(view, token),
    ...table([
      ['schedule', view.schedule],
      ['owner', view.owner],
      ['model', terms.modelId],
      ['input', terms.feedId === undefined ? 'fixed' : `feed ${terms.feedId}`],
      ['every', often(view)],
      ['runs', view.runs === 0 ? 'none yet' : `${view.runs}, the last at ${showTime(view.lastAt)}`],
      ['a run costs', `${token.show(terms.fee)} fee, ${token.show(terms.tip)} tip`],
      ['balance', `${token.show(view.balance)}, pays ${view.balance / (terms.fee + terms.tip)} runs`],
      ['operator', terms.operator ?? 'any, by the ladder'],
      ['stake at risk', token.show(terms.stakeAtRisk)],
      ['times', `${showSeconds(terms.attestTime)} to answer, ${showSeconds(terms.challengeWindow)} to challenge`],
      ['output', terms.delivery === 'none' ? 'its root only' : terms.delivery],
      [
        'callback',
        terms.callbackTarget === undefined
          ? 'none'
          : `${terms.callbackTarget} when ${terms.callbackPhase}, ${terms.callbackGas} gas`,
      ],
    ]),
  ];
}

/** The same as one object. */
export function scheduleJson(view: ScheduleView): Readonly<Record<string, unknown>> {
  const { terms, balance } = view;
  return { ...view, runsPaid: Number(balance / (terms.fee + terms.tip)) };
}

function headline({ state, notBefore, now, terms, balance }: ScheduleView, token: Token): string {
  if (state === 'waiting') return `waiting: due by the clock in ${showSeconds(notBefore - now)}`;
  if (state === 'unfunded') return `unfunded: a run needs ${token.show(terms.fee + terms.tip - balance)} more`;
  if (state === 'feed not live') return 'feed not live: it has no fresh answer, or fewer rounds than the model takes';
  if (state === 'due') return 'due: anybody may trigger it';
  return state;
}

/** `1h, or when the feed has moved 1%, never sooner than 5m`. */
export function often({ terms }: Pick<ScheduleView, 'terms'>): string {
  const { interval, deviationBps, gap } = terms;
  const early = deviationBps === 0 ? '' : `, or when the feed has moved ${showShare(deviationBps)}`;
  return `${showSeconds(interval)}${early}${deviationBps === 0 || gap === 0 ? '' : `, never sooner than ${showSeconds(gap)}`}`;
}
