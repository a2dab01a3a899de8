import { RemitError } from '../workers/runtime/errors.ts';
import { type CoreContract, encodedArgs } from './core-contracts.ts';
import type { CorePlan } from './core-plan.ts';
import type { DeployEnvironment } from './deploy.ts';
import { networkOf } from './network.ts';
import { nextNonce } from './chain-port.ts';
import { parseAddress } from '../workers/protocol/ids.ts';

/** Arguments are built next to each contract's name; here all contracts are alike. */
type DeployAny = (
  name: string,
  what: Pick<CoreContract, 'artifact' | 'args'> & { readonly account: string },
) => Promise<{ readonly address: string }>;

/**
 * Deploys what the plan leaves to do, and makes sure that every contract came to lie where the others expect it.
 *
 * @throws RemitError `DEPLOYMENT_CHANGED`, `DEPLOYMENT_ADDRESS`
 */
export async function deployCore(
  env: DeployEnvironment,
  plan: CorePlan,
  contracts: readonly CoreContract[],
): Promise<void> {
  const { chain } = networkOf(env);
  const deployer = parseAddress(env.namedAccounts.deployer);
  const deploy: DeployAny = env.deploy as unknown as DeployAny;
  contracts.slice(0, plan.done).forEach((contract) => requireUnchanged(env, contract));
  for (const [index, contract] of contracts.entries()) {
    if (index < plan.done || plan.firstNonce === undefined) continue;
    const predicted = plan.addresses[contract.name];
    const nonce = await nextNonce(chain, deployer);
    if (nonce !== plan.firstNonce + index)
      throw misplaced(
        contract.name,
        predicted,
        `the deployer's next nonce is ${nonce}, not ${plan.firstNonce + index}`,
      );
    const { address } = await deploy(contract.name, {
      account: env.namedAccounts.deployer,
      artifact: contract.artifact,
      args: contract.args,
    });
    if (parseAddress(address) !== predicted) throw misplaced(contract.name, predicted, `it came to lie at ${address}`);
  }
}

/** A contract that was changed since cannot be replaced alone: the others name the old one for ever. */
function requireUnchanged(env: DeployEnvironment, contract: CoreContract): void {
  const { bytecode, argsData } = env.get(contract.name);
  const changes = [
    withoutMetadata(bytecode) !== withoutMetadata(contract.artifact.bytecode) && 'its code',
    argsData !== encodedArgs(contract) && 'its constructor arguments',
  ].filter((change) => change !== false);
  if (changes.length === 0) return;
  throw new RemitError({
    code: 'DEPLOYMENT_CHANGED',
    message: `${contract.name} is deployed, and ${changes.join(' and ')} changed since`,
    fix: 'core contracts are never replaced: undo the change, or move the deployments folder of this network away and deploy all of them anew. Parameters of a running deployment are changed by its GOVERNOR',
    context: { contract: contract.name, changes },
  });
}

/** The last two bytes say how long the compiler's metadata is, which names source files and says nothing about behaviour. */
function withoutMetadata(bytecode: string): string {
  const length = Number.parseInt(bytecode.slice(-4), 16);
  return bytecode.slice(0, -2 * (length + 2));
}

function misplaced(name: string, predicted: string, why: string): RemitError {
  return new RemitError({
    code: 'DEPLOYMENT_ADDRESS',
    message: `${name} must be at ${predicted}, but ${why}`,
    fix: 'something else was sent from the deployer meanwhile: move the deployments folder of this network away and deploy anew with a deployer that nothing else uses',
    context: { name, predicted },
  });
}
