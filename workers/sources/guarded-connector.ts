import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction, connect as netConnect, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as tlsConnect } from 'node:tls';

import type { buildConnector } from 'undici';

import type { AddressRules } from './address-rules.ts';
import { sourceError } from './source-error.ts';

/** How a connection is opened: `lookup` answers with checked addresses only. */
export type Dial = (target: TcpNetConnectOpts & { readonly lookup: LookupFunction }, secure: boolean) => Socket;

export interface GuardedConnectorOptions {
  readonly rules: AddressRules;
  /** From the look-up of the name to the end of the TLS handshake. */
  readonly timeoutMs: number;
  readonly ca?: string | undefined;
}

export interface GuardedConnectorDeps {
  readonly lookup: LookupFunction;
  readonly onConnect?: ((address: string, port: number) => void) | undefined;
  readonly dial?: Dial | undefined;
}

/**
 * The one gate: opens connections to allowed addresses and to no others. What is checked is what is connected to: the
 * literal address itself, or the list of addresses that goes to the operating system and no second answer.
 */
export function createGuardedConnector(
  { rules, timeoutMs, ca }: GuardedConnectorOptions,
  { lookup, onConnect, dial = dialWith(ca) }: GuardedConnectorDeps,
): buildConnector.connector {
  return ({ hostname, port: text, protocol }, callback) => {
    const secure = protocol === 'https:';
    const port = Number(text) || (secure ? 443 : 80);
    const version = isIP(hostname);
    const named = rules.allowsHost(version === 6 ? `[${hostname}]` : hostname, port);
    const allowed = (address: string): boolean => named || rules.allowsAddress(address);
    // Node skips the look-up for a literal address.
    if (version !== 0 && !allowed(hostname)) {
      callback(refusal(hostname, hostname), null);
      return;
    }
    const socket = dial({ host: hostname, port, lookup: checkedLookup(lookup, allowed) }, secure);
    const timer = setTimeout(() => {
      socket.destroy(sourceError('SOURCE_TIMEOUT', `no connection to ${hostname} in ${timeoutMs} ms`));
    }, timeoutMs);
    if (onConnect) socket.on('connectionAttempt', onConnect);
    const onError = (failure: Error): void => {
      clearTimeout(timer);
      callback(failure, null);
    };
    socket.once('error', onError).once(secure ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      socket.off('error', onError);
      callback(null, socket);
    });
  };
}

const dialWith =
  (ca: string | undefined): Dial =>
  (target, secure) =>
    secure
      ? tlsConnect({
          ...target,
          ALPNProtocols: ['http/1.1'],
          ...(isIP(target.host ?? '') === 0 ? { servername: target.host } : {}),
          ...(ca === undefined ? {} : { ca }),
        })
      : netConnect(target);

/** Passes on the whole answer, or nothing when any address of it is not allowed: a mixed answer is an attack or a mistake. */
function checkedLookup(lookup: LookupFunction, allowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (failure, found) => {
      const addresses: readonly LookupAddress[] = failure || typeof found === 'string' ? [] : found;
      const refused = addresses.find(({ address }) => isIP(address) === 0 || !allowed(address));
      const [first] = addresses;
      // Never at once: whoever dials must have the time to listen to what becomes of it.
      process.nextTick(() => {
        if (failure) callback(failure, '', 0);
        else if (refused !== undefined || first === undefined)
          callback(refusal(hostname, refused?.address ?? 'nothing'), '', 0);
        else if (options.all) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      });
    });
  };
}

const refusal = (host: string, address: string): Error =>
  sourceError('SOURCE_ADDRESS_REFUSED', `${host} leads to ${address}, not to a public address`);
