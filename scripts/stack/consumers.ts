import { Interface } from 'ethers';
import { Artifact_CreditLine } from '../../generated/artifacts/CreditLine.js';
import { Artifact_LabelReader } from '../../generated/artifacts/LabelReader.js';
import type { Address, ModelId } from '../../workers/protocol/ids.ts';
import type { Account } from './accounts.ts';
import type { Intent } from './sender.ts';

/** The two example contracts that a team would start from. */
export const creditLineInterface = new Interface(Artifact_CreditLine.abi);
export const labelReaderInterface = new Interface(Artifact_LabelReader.abi);

export interface CreditLineOptions {
  readonly from: Account;
  readonly registry: Address;
  readonly modelId: ModelId;
  /** Limit at a score of 1. */
  readonly limitMax: bigint;
  /** Scores below it get no limit; 18 decimals. */
  readonly scoreMin: bigint;
}

export function creditLineCreation({ from, registry, modelId, limitMax, scoreMin }: CreditLineOptions): Intent {
  const values = creditLineInterface.encodeDeploy([registry, modelId, limitMax, scoreMin]);
  return { from, data: Artifact_CreditLine.bytecode + values.slice(2), what: 'create CreditLine' };
}

export function labelReaderCreation({ from, registry }: Pick<CreditLineOptions, 'from' | 'registry'>): Intent {
  const values = labelReaderInterface.encodeDeploy([registry]);
  return { from, data: Artifact_LabelReader.bytecode + values.slice(2), what: 'create LabelReader' };
}
