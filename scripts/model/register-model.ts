import type { TxSigner } from '../../workers/chain/tx-signer.ts';
import { interfaces } from '../../workers/chain/contracts.ts';
import type { Hex, Hex32, ModelId } from '../../workers/protocol/ids.ts';
import { modelIdOf, type ModelSpec, ModelStatus, triable } from '../../workers/protocol/model.ts';
import type { Clock } from '../../workers/runtime/clock.ts';
import type { ChainSession } from '../chain/chain-session.ts';
import { callRefused, sendCall } from '../chain/send-call.ts';

export interface Registration {
  readonly modelId: ModelId;
  /** Whether its plan is registered, so that the chain can decide its answers. */
  readonly triable: boolean;
  /** The spec was registered before; nothing was sent. */
  readonly alreadyRegistered: boolean;
  readonly transaction?: Hex32;
  readonly gasUsed?: bigint;
}

export interface RegisterDeps {
  readonly session: Pick<ChainSession, 'rpc' | 'chainId' | 'deployment' | 'contracts'>;
  /** The publisher's key. */
  readonly signer: TxSigner;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Registers a model, once: the same spec again sends nothing. @throws RemitError `CALL_REFUSED`, and what `sendCall` throws */
export async function registerModel(spec: ModelSpec, { session, ...deps }: RegisterDeps): Promise<Registration> {
  const { rpc, chainId, deployment, contracts } = session;
  const modelId = modelIdOf(spec);
  const done = { modelId, triable: triable(spec) };
  const record = await contracts.ModelRegistry.recordOf(modelId);
  if (Number(record.status) !== ModelStatus.None) return { ...done, alreadyRegistered: true };

  const data = interfaces.ModelRegistry.encodeFunctionData('register', [spec]) as Hex;
  const sent = await sendCall({ to: deployment.addresses.ModelRegistry, data }, { rpc, chainId, ...deps });
  if (sent.ok) {
    const { transactionHash, gasUsed } = sent.receipt;
    return { ...done, alreadyRegistered: false, transaction: transactionHash, gasUsed };
  }
  // Somebody with the same key was quicker.
  if (sent.reason.name === 'ModelRegistryAlreadyRegistered') return { ...done, alreadyRegistered: true };
  throw callRefused(`registering model ${modelId}`, sent.reason);
}

/** Ends new requests for a model. Only its publisher. @throws RemitError `CALL_REFUSED`, and what `sendCall` throws */
export async function retireModel(
  modelId: ModelId,
  { session, ...deps }: RegisterDeps,
): Promise<{ transaction: Hex32; gasUsed: bigint }> {
  const { rpc, chainId, deployment } = session;
  const data = interfaces.ModelRegistry.encodeFunctionData('retire', [modelId]) as Hex;
  const sent = await sendCall({ to: deployment.addresses.ModelRegistry, data }, { rpc, chainId, ...deps });
  if (!sent.ok) throw callRefused(`retiring model ${modelId}`, sent.reason);
  return { transaction: sent.receipt.transactionHash, gasUsed: sent.receipt.gasUsed };
}
