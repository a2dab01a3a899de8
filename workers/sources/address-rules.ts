import ipaddr from 'ipaddr.js';
import { RemitError } from '../runtime/errors.ts';

/** Which addresses may be connected to. */
export interface AddressRules {
  /** Whether `host:port`, as the URL writes it, is allowed by name. */
  allowsHost(host: string, port: number): boolean;
  /** Whether a connection to this address is allowed; anything that is no address is not. */
  allowsAddress(address: string): boolean;
}

// Beyond what ipaddr.js calls special: ranges that reach a translator or are documentation.
const NEVER_V4 = [ipaddr.parseCIDR('192.88.99.0/24')];
const NEVER_V6 = [ipaddr.parseCIDR('3fff::/20')];
const GLOBAL_V6 = ipaddr.parseCIDR('2000::/3');

/**
 * Whether an address is on the public internet. IPv6 must lie in 2000::/3, so that mapped, compatible and translated
 * spellings of IPv4 (::a.b.c.d, 64:ff9b::, …) never do, and outside 6to4 and Teredo. A zone id is never public.
 */
export function isPublicAddress(address: string): boolean {
  if (address.includes('%') || !ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  if (parsed.kind() === 'ipv4') return !NEVER_V4.some((range) => parsed.match(range));
  return parsed.match(GLOBAL_V6) && !NEVER_V6.some((range) => parsed.match(range));
}

/** `name:port`, `1.2.3.4:port` or `[::1]:port`. */
const HOST_AND_PORT = /^(\[[0-9a-f:.]+\]|[^\s/:[\]]+):\d{1,5}$/i;

/**
 * @param allow exact `host:port` (IPv6 in brackets) or CIDR ranges that are allowed although they are not public
 * @throws RemitError `SOURCES_ALLOW_INVALID`: an entry that is neither would allow nothing, and nobody would know
 */
export function createAddressRules(allow: readonly string[]): AddressRules {
  const wrong = allow.filter((entry) => !ipaddr.isValidCIDR(entry) && !HOST_AND_PORT.test(entry));
  if (wrong.length > 0) {
    throw new RemitError({
      code: 'SOURCES_ALLOW_INVALID',
      message: `REMIT_SOURCES_ALLOW: ${wrong.join(', ')} is neither host:port nor a CIDR range`,
      fix: 'write 127.0.0.1:8080, prices.local:8080, [fd00::1]:8080 or 10.0.0.0/8, separated by commas',
      context: { wrong },
    });
  }
  const ranges = allow.filter((entry) => ipaddr.isValidCIDR(entry)).map((entry) => ipaddr.parseCIDR(entry));
  const hosts = new Set(allow.filter((entry) => !ipaddr.isValidCIDR(entry)).map((entry) => entry.toLowerCase()));
  return {
    allowsHost: (host, port) => hosts.has(`${host.toLowerCase()}:${port}`),
    allowsAddress: (address) => {
      if (isPublicAddress(address)) return true;
      if (address.includes('%') || !ipaddr.isValid(address)) return false;
      const parsed = ipaddr.parse(address);
      return ranges.some((range) => range[0].kind() === parsed.kind() && parsed.match(range));
    },
  };
}
