import { AbiCoder, keccak256 } from 'ethers';
import { describe, expect, it } from 'vitest';
import {
  dataRequestIdOf,
  type DataTerms,
  dataTermsToJson,
  parseDataTerms,
} from '../../../workers/protocol/data-terms.ts';
import { interfaces } from '../../../workers/chain/contracts.ts';
import { ZERO_ADDRESS } from '../../../workers/protocol/ids.ts';
import { DATA_TERMS, FEED_REGISTRY } from '../../support/sample-orders.ts';

const domain = { chainId: 31_337n, registry: FEED_REGISTRY };

describe('the id of a data request', () => {
  it('hashes the terms in the shape that the contract takes them', () => {
    const struct = interfaces.FeedRegistry.getFunction('dataRequestIdOf')?.inputs[0]?.format('full') ?? '';
    const encoded = AbiCoder.defaultAbiCoder().encode(
      ['uint256', 'address', struct],
      [31_337n, FEED_REGISTRY, DATA_TERMS],
    );
    expect(dataRequestIdOf(DATA_TERMS, domain)).toBe(keccak256(encoded));
  });

  it('changes with every field, the chain and the registry', () => {
    const changed = (Object.keys(DATA_TERMS) as (keyof DataTerms)[]).map((field) => {
      const value = DATA_TERMS[field];
      if (typeof value === 'string') return { ...DATA_TERMS, [field]: `0x${'11'.repeat((value.length - 2) / 2)}` };
      return { ...DATA_TERMS, [field]: typeof value === 'bigint' ? value + 1n : value + 1 };
    });
    const ids = [
      dataRequestIdOf(DATA_TERMS, domain),
      dataRequestIdOf(DATA_TERMS, { ...domain, chainId: 1n }),
      dataRequestIdOf(DATA_TERMS, { ...domain, registry: ZERO_ADDRESS }),
      ...changed.map((terms) => dataRequestIdOf(terms, domain)),
    ];
    expect(new Set(ids).size).toBe(11);
  });
});

describe('data terms in JSON', () => {
  it('come back as they were', () => {
    const json = dataTermsToJson({ ...DATA_TERMS, fee: 2n ** 128n - 1n });
    expect(parseDataTerms(JSON.parse(JSON.stringify(json)))).toEqual({ ...DATA_TERMS, fee: 2n ** 128n - 1n });
  });

  it('name a malformed field', () => {
    expect(() => parseDataTerms({ ...dataTermsToJson(DATA_TERMS), deadline: String(2n ** 40n) })).toThrow(
      'data terms.deadline: expected an unsigned integer below 2^40',
    );
  });
});
