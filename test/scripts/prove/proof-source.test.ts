import { expect, test } from 'vitest';
import { withLiftedCode } from '../../../scripts/prove/proof-source.ts';
import { RemitError } from '../../../workers/runtime/errors.ts';

const CONTRACT = `contract Vault {
    function _split(uint256 fee) private pure returns (uint256 part) {
        if (fee != 0) { part = fee / 2; }
    }
    uint256 constant LAST = 64;
}`;
const read = (): string => CONTRACT;

test('a function is taken up to the brace that closes it', () => {
  expect(withLiftedCode('{\n    // LIFTED a.sol: function _split\n}', read)).toBe(
    `{\n${CONTRACT.slice(CONTRACT.indexOf('function'), CONTRACT.indexOf('\n    uint256'))}\n}`,
  );
});

test('statements are taken from the first to the last words', () => {
  expect(withLiftedCode('// LIFTED a.sol: uint256 constant LAST = … ;', read)).toBe('uint256 constant LAST = 64;');
});

test('PROVE_LIFT: what the contract does not say any more is an error, not an empty proof', () => {
  const lift = (): string => withLiftedCode('// LIFTED a.sol: function _share', read);
  expect(lift).toThrow(RemitError);
  expect(lift).toThrow(expect.objectContaining({ code: 'PROVE_LIFT' }));
});
