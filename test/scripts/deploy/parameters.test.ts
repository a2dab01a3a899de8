import { describe, expect, it } from 'vitest';
import { localProfile, publicNetworks, publicProfile, variableOf } from '../../../rocketh/network-parameters.ts';
import { type NetworkKind, type NetworkParameters, validateParameters } from '../../../rocketh/parameters.ts';

const HOUR = 3_600;
const local = localProfile.parameters;
const everywhere = publicProfile('base').parameters;

function refusal(change: object, kind: NetworkKind): string {
  const base: NetworkParameters = kind === 'local' ? local : everywhere;
  try {
    validateParameters({ ...base, ...change }, kind, 'somewhere');
  } catch (error) {
    expect(error).toMatchObject({ code: 'PARAMETERS_INVALID' });
    return (error as Error).message;
  }
  throw new Error('the parameters were accepted');
}

describe('the parameters that ship', () => {
  it('are valid on the local network and on every public one', () => {
    expect(validateParameters(local, 'local', 'localhost')).toEqual(local);
    for (const network of publicNetworks) {
      const { kind, parameters } = publicProfile(network);
      expect(validateParameters(parameters, kind, network)).toEqual(parameters);
    }
  });

  it('let a local job end within seconds, and give a public one days', () => {
    expect(local.challengeWindowMinSeconds).toBeLessThanOrEqual(2);
    expect(everywhere).toMatchObject({
      challengeWindowFloorSeconds: 24 * HOUR,
      traceTimeSeconds: 12 * HOUR,
      revealTimeSeconds: 2 * HOUR,
      hearingTimeSeconds: 24 * HOUR,
      trialTimeMaxSeconds: 72 * HOUR,
    });
  });

  it('of the local network are refused on a public one', () => {
    expect(() => validateParameters(local, 'public', 'base')).toThrow(/challengeWindowFloorSeconds.*adminDelaySeconds/);
  });

  it('name the variables of a network in capitals', () => {
    expect(variableOf('TOKEN', 'base-sepolia')).toBe('REMIT_TOKEN_BASE_SEPOLIA');
  });
});

describe('validateParameters', () => {
  it.each<[keyof NetworkParameters, NetworkKind, Partial<NetworkParameters>]>([
    ['attestTimeMaxSeconds', 'local', { attestTimeMaxSeconds: 0 }],
    ['challengeWindowMinSeconds', 'local', { challengeWindowMinSeconds: 0 }],
    ['challengeWindowMaxSeconds', 'local', { challengeWindowMaxSeconds: 1 }],
    ['callbackGasMax', 'local', { callbackGasMax: 5_000_001 }],
    ['ladderStepSeconds', 'local', { ladderStepSeconds: 0 }],
    ['ladderWidth', 'local', { ladderWidth: 0 }],
    ['protocolFeeBps', 'local', { protocolFeeBps: 1_001 }],
    ['stakeAtRiskMinTokens', 'local', { stakeAtRiskMinTokens: '0' }],
    ['stakeAtRiskMinTokens', 'local', { stakeAtRiskMinTokens: '1e18' }],
    ['trialTimeMaxSeconds', 'local', { trialTimeMaxSeconds: 89 }],
    ['unbondingDelaySeconds', 'local', { unbondingDelaySeconds: 839 }],
    ['revocationDelaySeconds', 'local', { revocationDelaySeconds: 599 }],
    ['revocationDelaySeconds', 'local', { revocationDelaySeconds: 901 }],
    ['bondReleaseDelaySeconds', 'local', { bondReleaseDelaySeconds: 839 }],
    ['leaveDelaySeconds', 'public', { leaveDelaySeconds: 604_799 }],
    ['epochLengthSeconds', 'local', { epochLengthSeconds: 0 }],
    ['equivocationShares', 'local', { equivocationShares: { reporterBps: 2_501, requesterBps: 2_500 } }],
    ['convictionShares', 'local', { convictionShares: { openerBps: 1_001, proverBps: 2_000, requesterBps: 2_000 } }],
    ['challengeWindowFloorSeconds', 'public', { challengeWindowFloorSeconds: 24 * HOUR - 1 }],
    ['traceTimeSeconds', 'public', { traceTimeSeconds: 12 * HOUR - 1 }],
    ['revealTimeSeconds', 'public', { revealTimeSeconds: 2 * HOUR - 1 }],
    ['hearingTimeSeconds', 'public', { hearingTimeSeconds: 24 * HOUR - 1 }],
    ['unbondingDelaySeconds', 'public', { unbondingDelaySeconds: (24 + 7 * 24 + 72) * HOUR }],
    ['adminDelaySeconds', 'public', { adminDelaySeconds: 7 * 24 * HOUR }],
  ])('refuses %s on a %s network: %j', (parameter, kind, change) => {
    expect(refusal(change, kind)).toContain(parameter);
  });

  it('names the network and everything that is wrong at once', () => {
    const message = refusal({ ladderWidth: 0, protocolFeeBps: 9_999 }, 'local');
    expect(message).toMatch(/somewhere.*ladderWidth.*protocolFeeBps|somewhere.*protocolFeeBps.*ladderWidth/);
  });

  it('refuses a parameter that does not exist, by its name', () => {
    expect(refusal({ challengeWindow: 30 }, 'local')).toContain('challengeWindow');
  });

  it('accepts what lies exactly on a limit', () => {
    expect(
      validateParameters({ ...local, unbondingDelaySeconds: 840, trialTimeMaxSeconds: 180 }, 'local', 'l'),
    ).toBeDefined();
  });
});
