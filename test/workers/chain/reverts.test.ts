import { describe, expect, it } from 'vitest';
import { interfaces } from '../../../workers/chain/contracts.ts';
import { revertDataOf } from '../../../workers/chain/revert-reason.ts';
import { dispositionOf, explainRevert } from '../../../workers/chain/reverts.ts';
import { RpcRejection } from '../../../workers/chain/rpc.ts';
import type { Hex } from '../../../workers/protocol/ids.ts';

const jobId = `0x${'ab'.repeat(32)}`;
const thrown = (name: string, args: readonly unknown[]): Hex =>
  interfaces.JobRegistry.encodeErrorResult(name, args) as Hex;
const text = (value: string): Hex =>
  `0x08c379a0${'20'.padStart(64, '0')}${value.length.toString(16).padStart(64, '0')}${Buffer.from(value).toString('hex').padEnd(64, '0')}`;

describe('explainRevert', () => {
  it('names the error and its values', () => {
    expect(explainRevert(thrown('JobRegistryDeadlinePassed', [jobId, 17n]))).toMatchObject({
      name: 'JobRegistryDeadlinePassed',
      args: { jobId, attestDeadline: '17' },
      message: `JobRegistryDeadlinePassed(jobId: ${jobId}, attestDeadline: 17)`,
    });
  });

  it('reads errors that every contract can throw', () => {
    expect(explainRevert(text('too late'))).toMatchObject({ name: 'Error', message: 'too late' });
    expect(explainRevert(`0x4e487b71${'11'.padStart(64, '0')}`)).toMatchObject({ name: 'Panic', args: { code: '17' } });
    expect(explainRevert('0x')).toMatchObject({ name: undefined, message: 'the contract refused without a reason' });
  });

  it('shows what it cannot read', () => {
    expect(explainRevert('0xdeadbeef')).toMatchObject({
      name: undefined,
      message: 'the contract refused with data 0xdeadbeef',
    });
    expect(explainRevert('0x08c379a0ff')).toMatchObject({ name: undefined });
  });
});

describe('dispositionOf', () => {
  it.each([
    ['JobRegistryAlreadyAttested', [jobId], 'already-done'],
    ['JobRegistryWrongStatus', [jobId, 4], 'already-done'],
    ['JobRegistryWrongStatus', [jobId, 3], 'retryable'],
    ['JobRegistryWindowNotPassed', [jobId, 1], 'retryable'],
    ['JobRegistryUnknownJob', [jobId], 'retryable'],
    ['JobRegistryDeadlinePassed', [jobId, 1], 'terminal'],
  ] as const)('classifies %s', (name, args, disposition) => {
    expect(dispositionOf(explainRevert(thrown(name, args)))).toBe(disposition);
  });

  it('takes what it does not know for terminal: never a blind retry', () => {
    expect(dispositionOf(explainRevert('0xdeadbeef'))).toBe('terminal');
    expect(dispositionOf(explainRevert('0x'))).toBe('terminal');
  });

  it('knows only errors that exist', () => {
    const names = [
      'JobRegistryAlreadyAttested',
      'JobRegistryAlreadyRequested',
      'JobRegistryDeadlineNotPassed',
      'JobRegistryLadderNotSeeded',
      'JobRegistryNotEligible',
      'JobRegistryRecordMismatch',
      'JobRegistryWrongStatus',
    ];
    for (const name of names) expect(interfaces.JobRegistry.getError(name), name).not.toBeNull();
  });
});

describe('revertDataOf', () => {
  const said = (code: number, message: string, data?: unknown): RpcRejection =>
    new RpcRejection({ method: 'eth_call', node: 'http://n', code, message, data });

  it.each([
    ['geth, anvil', said(3, 'execution reverted', '0xAB'), '0xab'],
    ['nethermind', said(-32015, 'VM execution error.', 'Reverted 0xab'), '0xab'],
    ['nested', said(-32603, 'execution reverted', { data: '0xab' }), '0xab'],
    ['without data', said(-32000, 'execution reverted'), '0x'],
    ['out of gas', said(-32000, 'out of gas'), '0x'],
    ['another error', said(-32000, 'header not found'), undefined],
    ['a failure on the way', new Error('reverted'), undefined],
  ])('%s', (_, error, data) => {
    expect(revertDataOf(error)).toBe(data);
  });
});
