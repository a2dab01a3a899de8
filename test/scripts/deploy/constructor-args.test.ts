import { Interface } from 'ethers';
import { describe, expect, it } from 'vitest';
import { constructorArgsModule } from '../../../scripts/gen/constructor-args.ts';

const abi = ['constructor(address registry, uint256 delay, (uint16 openerBps, uint16 proverBps) shares, string name)'];
const args = [`0x${'Ab'.repeat(20)}`.toLowerCase(), 2n ** 70n, { openerBps: 1n, proverBps: 2n }, 'a "name"'];

describe('constructorArgsModule', () => {
  it('writes a module that encodes to the same bytes again', async () => {
    const argsData = new Interface(abi).encodeDeploy(args);
    const text = constructorArgsModule({ abi, argsData });
    const loaded = (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as { default: unknown[] };
    expect(new Interface(abi).encodeDeploy(loaded.default)).toBe(argsData);
  });

  it('writes an empty list for a contract without arguments', () => {
    expect(constructorArgsModule({ abi: ['constructor()'], argsData: '0x' })).toBe('export default [];\n');
  });
});
