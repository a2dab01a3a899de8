import { describe, expect, it } from 'vitest';
import { interfaces } from '../../../workers/chain/contracts.ts';
import { createGasEstimator } from '../../../workers/chain/gas-estimate.ts';
import { explainRevert } from '../../../workers/chain/reverts.ts';
import { RpcRejection } from '../../../workers/chain/rpc.ts';

const DATA = interfaces.JobRegistry.encodeErrorResult('JobRegistryNotChosen', [
  '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
]);
const refusal = (data?: string) =>
  new RpcRejection({ method: 'eth_estimateGas', node: 'n', code: 3, message: 'execution reverted', data });

function estimate(answers: Readonly<Record<string, unknown>>) {
  const asked: string[] = [];
  const rpc = {
    call: async (method: string) => {
      asked.push(method);
      const answer = answers[method];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const estimator = createGasEstimator({ from: '0xa' }, { rpc, explain: explainRevert });
  return { asked, result: estimator.estimate({ to: '0xb', data: '0x' }, new AbortController().signal) };
}

describe('an estimate', () => {
  it('adds a fifth and three fresh slots, with one call to the node', async () => {
    const { result, asked } = estimate({ eth_estimateGas: '0x64' });
    expect(await result).toEqual({ ok: true, gas: 51_420n });
    expect(asked).toEqual(['eth_estimateGas']);
  });

  it('names the error of a call that would be refused', async () => {
    const { result } = estimate({ eth_estimateGas: refusal(DATA) });
    expect(await result).toMatchObject({ ok: false, reason: { name: 'JobRegistryNotChosen' } });
  });

  it('asks once more when the node keeps the reason to itself', async () => {
    const { result, asked } = estimate({ eth_estimateGas: refusal(), eth_call: refusal(DATA) });
    expect(await result).toMatchObject({ ok: false, reason: { name: 'JobRegistryNotChosen' } });
    expect(asked).toEqual(['eth_estimateGas', 'eth_call']);
    expect(await estimate({ eth_estimateGas: refusal(), eth_call: '0x' }).result).toMatchObject({
      ok: false,
      reason: { data: '0x' },
    });
  });

  it('throws what is not a refusal', async () => {
    await expect(estimate({ eth_estimateGas: new Error('no node') }).result).rejects.toThrow('no node');
  });
});

describe('the estimate of a shape that is known', () => {
  function shaped(call: () => unknown) {
    const asked: string[] = [];
    const limits: unknown[] = [];
    let need = '0x64';
    const rpc = {
      call: async (method: string, [tried]: readonly unknown[]) => {
        asked.push(method);
        if (method === 'eth_estimateGas') return need;
        limits.push((tried as { readonly gas?: string }).gas);
        const answer = call();
        if (answer instanceof Error) throw answer;
        return answer;
      },
    };
    const estimator = createGasEstimator({ from: '0xa' }, { rpc, explain: explainRevert });
    const ask = (shape: string) => estimator.estimate({ to: '0xb', data: '0x', shape }, new AbortController().signal);
    return { ask, asked, limits, needs: (gas: string) => (need = gas) };
  }

  it('is tried out with less than it was, and not searched for again', async () => {
    const { ask, asked, limits } = shaped(() => '0x');
    expect(await ask('s')).toEqual({ ok: true, gas: 51_420n });
    expect(await ask('s')).toEqual({ ok: true, gas: 51_420n });
    expect(asked).toEqual(['eth_estimateGas', 'eth_call']);
    expect(limits).toEqual(['0x6d']);
    await ask('other');
    expect(asked.at(-1)).toBe('eth_estimateGas');
  });

  it('is found anew when it no longer suffices', async () => {
    const { ask, asked, needs } = shaped(() => refusal());
    await ask('s');
    needs('0xc8');
    expect(await ask('s')).toEqual({ ok: true, gas: 51_540n });
    expect(asked).toEqual(['eth_estimateGas', 'eth_call', 'eth_estimateGas']);
  });

  it('throws what is not a refusal', async () => {
    const { ask } = shaped(() => new Error('no node'));
    await ask('s');
    await expect(ask('s')).rejects.toThrow('no node');
  });
});
