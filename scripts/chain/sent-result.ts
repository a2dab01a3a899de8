import type { Receipt } from '../../workers/chain/chain-values.ts';
import type { CommandResult } from './command-result.ts';
import { table } from './table.ts';

/** What a command that sent one transaction found. */
export function sentResult(
  line: string,
  json: Readonly<Record<string, unknown>>,
  { transactionHash, gasUsed }: Pick<Receipt, 'transactionHash' | 'gasUsed'>,
): CommandResult {
  return {
    lines: [
      line,
      ...table([
        ['transaction', transactionHash],
        ['gas', String(gasUsed)],
      ]),
    ],
    json: { ...json, transaction: transactionHash, gasUsed: Number(gasUsed) },
  };
}
