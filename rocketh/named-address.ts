import { HardhatPluginError } from 'hardhat/plugins';
import { ZERO_ADDRESS, type Address, parseAddress } from '../workers/protocol/ids.ts';
import { RemitError } from '../workers/runtime/errors.ts';

/** The account that an environment variable names on a public network. @throws HardhatPluginError, saying `ACCOUNT_MISSING` */
export function namedAddress(variable: string, value: string | undefined): Address {
  const address = attempt(value);
  if (address !== undefined && address !== ZERO_ADDRESS) return address;
  throw asHardhatError(
    new RemitError({
      code: 'ACCOUNT_MISSING',
      message: value ? `${variable} is not an address: ${value}` : `${variable} is not set`,
      fix: `set ${variable} to the address that takes this role; on public networks none is guessed`,
      context: { variable },
    }),
  );
}

/** Hardhat prints its own errors as they are, and everything else as a crash with a stack. */
export function asHardhatError(error: unknown): unknown {
  return error instanceof RemitError ? new HardhatPluginError('remit', error.explain(), error) : error;
}

function attempt(value: string | undefined): Address | undefined {
  try {
    return parseAddress(value);
  } catch {
    return undefined;
  }
}
