import { InvalidArgumentError } from 'commander';
import { RemitError } from '../../workers/runtime/errors.ts';
import type { SignerSource } from '../../workers/runtime/keystore.ts';
import { givenSigner, type KeyArguments } from '../chain/chain-options.ts';

/** @throws RemitError `MODEL_KEY_MISSING` */
export function signerSource(given: KeyArguments): SignerSource {
  const source = givenSigner(given);
  if (source) return source;
  throw new RemitError({
    code: 'MODEL_KEY_MISSING',
    message: 'no key of the publisher is given',
    fix: 'give --keystore FILE --password-file FILE, or on a local chain --key anvil:0',
  });
}

/** A number of any size; `-inf` and `inf` too. */
export function numberOption(text: string): number {
  const value = /^-?inf(inity)?$/i.test(text) ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError('expected a number');
  return value;
}

/** `--shape batch=4`, any number of times. */
export function shapeOption(
  text: string,
  before: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> {
  const [, name = '', size = ''] = /^(.+)=(\d+)$/.exec(text) ?? [];
  if (name === '') throw new InvalidArgumentError('expected NAME=SIZE, for example batch=1');
  return { ...before, [name]: Number(size) };
}

/** `--bind k=[5]`, any number of times. The value stays JSON: its type is the input's. */
export function bindOption(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const [, name = '', value = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === '') throw new InvalidArgumentError('expected NAME=VALUE, for example k=5 or axes=[0,1]');
  return { ...before, [name]: value };
}
