import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';

const IMPORTS = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;
import {IJobRegistry} from "./contracts/interfaces/IJobRegistry.sol";
import {FloatBits} from "./contracts/libraries/FloatBits.sol";
import {Availability, CallbackPhase, Delivery, JobId, Terms} from "./contracts/types/Job.sol";
import {JobOptionsLib} from "./contracts/types/JobOptions.sol";
import {ModelId} from "./contracts/types/Model.sol";
import {InferenceConsumer} from "./contracts/consumer/InferenceConsumer.sol";
`;

interface CompilerOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

test('the contract on the front page compiles as it stands', () => {
  const snippet = /```solidity\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';
  const introspection = 'node_modules/@openzeppelin/contracts/utils/introspection';
  const files = globSync([
    'contracts/{interfaces,types,judge}/*.sol',
    'contracts/consumer/InferenceConsumer.sol',
    'contracts/libraries/FloatBits.sol',
    `${introspection}/{,I}ERC165.sol`,
  ]);
  const sources = Object.fromEntries(
    files.map((file) => [file.replace('node_modules/', ''), { content: readFileSync(file, 'utf8') }]),
  );
  const input = {
    language: 'Solidity',
    sources: { ...sources, 'Front.sol': { content: IMPORTS + snippet } },
    settings: { outputSelection: { 'Front.sol': { '*': ['abi'] } } },
  };
  const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string };
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as CompilerOutput;
  expect(
    output.errors?.filter(({ severity }) => severity === 'error').map((one) => one.formattedMessage) ?? [],
  ).toEqual([]);
  expect(Object.keys(output.contracts?.['Front.sol'] ?? {})).toHaveLength(1);
});

test('the gas on the front page and in ARCHITECTURE is that of the snapshot', () => {
  const snapshot = JSON.parse(readFileSync('bench/snapshots/gas.json', 'utf8')) as Record<string, unknown>;
  const flows = Object.values(snapshot).filter((value) => typeof value === 'object' && value !== null);
  const rows = new Set(flows.map((flow) => Object.values(flow as Record<string, number>).join(' ')));
  const shown = ['README.md', 'docs/ARCHITECTURE.md'].flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/^\|[^|]+\|((?: +[\d,]+ \|){4})/gm)].map(([, cells = '']) =>
      cells
        .replaceAll(',', '')
        .split('|')
        .map((cell) => cell.trim())
        .join(' ')
        .trim(),
    ),
  );
  expect(shown.length).toBeGreaterThanOrEqual(7);
  expect(shown.filter((row) => !rows.has(row))).toEqual([]);
});
