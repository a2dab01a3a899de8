import { describe, expect, it } from 'vitest';

import { createAddressRules, isPublicAddress } from '../../../workers/sources/address-rules.ts';

describe('address rules', () => {
  it.each(['93.184.216.34', '8.8.8.8', '2606:2800:220:1::34', '2a00:1450:4001:82a::200e'])(
    '%s is public',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each([
    '10.0.0.1',
    '::1',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
    '2002:808:808::1',
    'fe80::1%eth0',
    'example.com',
    '',
  ])('%s is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it('allows the addresses of a network, of its own family only', () => {
    const rules = createAddressRules(['10.1.0.0/16', 'fd00::/8']);
    expect(['10.1.2.3', 'fd12::1'].map(rules.allowsAddress)).toEqual([true, true]);
    expect(['10.2.0.1', 'fe80::1', '::ffff:10.1.2.3', '10.1.2.3%eth0'].map(rules.allowsAddress)).toEqual([
      ...[false, false, false, false],
    ]);
  });

  it('allows a host at its port, whatever its case', () => {
    const rules = createAddressRules(['Prices.local:8080', '[fd00::1]:9000']);
    expect(rules.allowsHost('prices.LOCAL', 8080)).toBe(true);
    expect(rules.allowsHost('[fd00::1]', 9000)).toBe(true);
    expect(rules.allowsHost('prices.local', 443)).toBe(false);
    expect(rules.allowsAddress('fd00::1')).toBe(false);
  });
});

describe('entries of the allow-list', () => {
  it.each(['10.0.0.0/33', 'localhost', '127.0.0.1', 'http://127.0.0.1:8080', '::1:80', 'a b:80', ''])(
    'SOURCES_ALLOW_INVALID: %j',
    (entry) => {
      expect(() => createAddressRules([entry])).toThrow(expect.objectContaining({ code: 'SOURCES_ALLOW_INVALID' }));
    },
  );

  it('are host and port, or ranges', () => {
    expect(() => createAddressRules(['127.0.0.1:80', 'Prices.local:8080', '[::1]:9', 'fd00::/8'])).not.toThrow();
  });
});
