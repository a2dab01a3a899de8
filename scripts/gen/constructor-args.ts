// Prints the constructor arguments of a deployed contract as a module, for `hardhat verify --constructor-args-path`.
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { AbiCoder, Interface, type InterfaceAbi, Result } from 'ethers';

/** What `hardhat deploy` wrote of one contract, as far as it is needed here. */
export interface DeploymentRecord {
  readonly abi: InterfaceAbi;
  readonly argsData: string;
}

/** Source text of a module whose default export is the list of arguments. */
export function constructorArgsModule({ abi, argsData }: DeploymentRecord): string {
  const { inputs } = new Interface(abi).deploy;
  return `export default ${literal(AbiCoder.defaultAbiCoder().decode(inputs, argsData))};\n`;
}

function literal(value: unknown): string {
  if (value instanceof Result) return `[${value.toArray().map(literal).join(', ')}]`;
  return typeof value === 'bigint' ? `${value}n` : JSON.stringify(value);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [file] = process.argv.slice(2);
  if (file === undefined) {
    process.stderr.write('usage: node scripts/gen/constructor-args.ts deployments/NETWORK/CONTRACT.json\n');
    process.exitCode = 64;
  } else {
    process.stdout.write(constructorArgsModule(JSON.parse(await readFile(file, 'utf8')) as DeploymentRecord));
  }
}
