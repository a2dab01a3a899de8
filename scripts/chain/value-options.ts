import { Option } from 'commander';
import { countOption } from './chain-options.ts';
import { amountOption, secondsOption, shareOption, showSeconds, showShare } from './human-units.ts';

/** A time in seconds. */
export function secondsFlag(flags: string, text: string, value?: number): Option {
  const option = new Option(flags, text).argParser(secondsOption);
  return value === undefined ? option : option.default(value, showSeconds(value));
}

/** A share in 1/10,000. */
export function shareFlag(flags: string, text: string, value: number): Option {
  return new Option(flags, text).argParser(shareOption).default(value, showShare(value));
}

/** A whole number from 0 up. */
export function countFlag(flags: string, text: string, value?: number): Option {
  const option = new Option(flags, text).argParser(countOption);
  return value === undefined ? option : option.default(value);
}

/** An amount of tokens, as text. */
export function amountFlag(flags: string, text: string, value?: string): Option {
  const option = new Option(flags, text).argParser(amountOption);
  return value === undefined ? option : option.default(value);
}
