import { describe, expect, it } from 'vitest';
import type { LoadReply } from '../../../workers/inference/child-protocol.ts';
import { chooseProvider, ladderFor, type AskedProvider } from '../../../workers/inference/devices.ts';

const key = '1a2b3c4d5e';
const ran = (nodes: Record<string, number>, runMs: number): LoadReply => ({
  summary: { inputs: [], outputs: [], nodes: 1, opset: 17, parameters: 0, bytes: 0, estimatedPeakBytes: 0 },
  layout: { inputs: [], inputLength: 0, outputs: [], outputLength: 0 },
  loadMs: 1,
  warmUpMs: 1,
  proof: { nodes, runMs },
});

function choose(asked: AskedProvider, outcomes: Record<string, LoadReply | Error>) {
  const attempt = (provider: string): Promise<LoadReply> => {
    const outcome = outcomes[provider] ?? new Error(`[${provider}] backend not found.`);
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
  };
  return chooseProvider({ key, asked, platform: 'linux' }, { attempt });
}

describe('chooseProvider', () => {
  const cpu = ran({ cpu: 9 }, 20);

  it('takes the first of the ladder that ran nodes, and says what was passed over and what it takes', async () => {
    const { report } = await choose('auto', {
      cpu,
      cuda: new Error('Failed to load shared library'),
      webgpu: ran({ webgpu: 8, cpu: 1 }, 2),
    });
    expect(report.provider).toBe('webgpu');
    expect(report.line).toBe(
      'model 1a2b3c4d… on webgpu (asked: auto; tensorrt: not in this build; cuda: its libraries are not installed; 2.00 ms vs cpu 20.0 ms; 1 of 9 nodes on cpu)',
    );
  });

  it('prefers the CPU to a device that is slower, unless the device was asked for', async () => {
    const slow = { cpu, webgpu: ran({ webgpu: 9 }, 50) };
    const { report } = await choose('auto', slow);
    expect(report.line).toContain(
      'on cpu (asked: auto; tensorrt: not in this build; cuda: not in this build; webgpu: works, but slower: 50.0 ms; 20.0 ms)',
    );
    expect((await choose('webgpu', slow)).report.provider).toBe('webgpu');
  });

  it('does not believe a session whose nodes all ran elsewhere', async () => {
    await expect(choose('webgpu', { cpu, webgpu: ran({ cpu: 9 }, 1) })).rejects.toMatchObject({
      code: 'EXECUTION_PROVIDER_UNAVAILABLE',
      message: 'the model does not run on webgpu (webgpu: none of the nodes ran on it (9 on cpu))',
    });
    await expect(choose('webgpu', { cpu, webgpu: ran({}, 1) })).rejects.toMatchObject({
      code: 'EXECUTION_PROVIDER_UNAVAILABLE',
    });
  });

  it('tries a list in its order and nothing else', async () => {
    expect((await choose(['cuda', 'cpu'], { cpu })).report.provider).toBe('cpu');
    await expect(choose(['cuda', 'tensorrt'], { cpu })).rejects.toMatchObject({
      code: 'EXECUTION_PROVIDER_UNAVAILABLE',
    });
  });

  it('passes a refusal of the model itself on as it is', async () => {
    await expect(choose('auto', { cpu: new Error('MODEL') })).rejects.toThrow('MODEL');
  });
});

describe('ladderFor', () => {
  it('ends with the CPU everywhere', () => {
    for (const platform of ['linux', 'win32', 'darwin', 'freebsd'] as const)
      expect(ladderFor(platform).at(-1)).toBe('cpu');
  });
});
