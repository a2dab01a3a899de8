import { copyFile } from 'node:fs/promises';
import { contentIdOf } from '../../workers/protocol/content-id.ts';
import { type Address, parseAddress, parseModelId } from '../../workers/protocol/ids.ts';
import { modelIdOf } from '../../workers/protocol/model.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import { createArtifactStore } from '../../workers/store/artifact-store.ts';
import type { ChainArguments, KeyArguments } from '../chain/chain-options.ts';
import { withSession } from '../chain/with-session.ts';
import { calibrate, DEFAULT_SAMPLES, showCalibration } from './calibrate-command.ts';
import type { CommandDeps, CommandResult } from '../chain/command-result.ts';
import { examineModel } from './examine-model.ts';
import { signerSource } from './model-options.ts';
import { buildModelSpec, type Declaration } from './model-spec.ts';
import { findModel, listModels } from './registered-models.ts';
import { registerModel, retireModel } from './register-model.ts';
import { planOf, planToRegister } from './model-plan.ts';
import { table } from '../chain/table.ts';
import { planFacts, showFile, showPlan, showSpec, warningsOf } from './show-model.ts';

export type RegisterArguments = ChainArguments &
  KeyArguments &
  Omit<Declaration, 'publisher'> & {
    readonly shape?: Readonly<Record<string, number>>;
    readonly store: string;
    /** False registers the model as not triable. Default true: refused when it does not compile. */
    readonly plan?: boolean;
    /** Tolerances are measured, not declared. */
    readonly calibrate?: boolean;
    readonly samples?: number;
    readonly input?: string;
  };

export async function registerCommand(
  file: string,
  given: RegisterArguments,
  deps: CommandDeps,
): Promise<CommandResult> {
  requireServable(given.shape ?? {});
  if (given.calibrate && given.plan === false) throw nothingToCalibrate();
  const source = signerSource(given);
  return withSession(given, deps, async (session) => {
    const signer = await session.signer(source);
    const examined = await examineModel({ file, ...(given.shape && { bindings: given.shape }) }, deps);
    const compiled = planToRegister(examined.bytes, given.plan ?? true);
    const { samples = DEFAULT_SAMPLES } = given;
    const calibration =
      compiled && given.calibrate ? await calibrate(examined, compiled, { ...given, samples }, deps) : undefined;
    const declared = {
      ...given,
      publisher: parseAddress(signer.address),
      ...(calibration && { calibrated: calibration.tolerances }),
    };
    const spec = buildModelSpec(examined, declared, compiled);
    const store = await createArtifactStore({ folder: given.store }, deps);
    const stored = await store.put(examined.bytes);
    const { modelId, triable, alreadyRegistered, transaction, gasUsed } = await registerModel(spec, {
      session,
      signer,
      ...deps,
    });
    return {
      lines: [
        alreadyRegistered
          ? `model ${modelId} is already registered; nothing was sent`
          : `model ${modelId} is registered`,
        ...showFile(examined),
        ...(calibration && compiled ? showCalibration(calibration, compiled) : []),
        ...showSpec(spec, { calibrated: calibration !== undefined }),
        ...table([
          ['stored', store.path(stored.contentId)],
          ...(transaction === undefined
            ? []
            : [
                ['transaction', transaction],
                ['gas', String(gasUsed)],
              ]),
        ]),
      ],
      json: {
        modelId,
        contentId: stored.contentId,
        alreadyRegistered,
        triable,
        warnings: [...new Set([...warningsOf(spec), ...(calibration?.warnings ?? [])])],
        calibration,
        spec,
        transaction,
        gasUsed: gasUsed === undefined ? undefined : Number(gasUsed),
        stored: store.path(stored.contentId),
      },
    };
  });
}

/** `reference`: a model id, else a file. A file needs no chain. */
export async function inspectCommand(
  reference: string,
  given: ChainArguments &
    Omit<Declaration, 'publisher'> & { readonly shape?: Readonly<Record<string, number>>; readonly publisher?: string },
  deps: CommandDeps,
): Promise<CommandResult> {
  if (/^0x[0-9a-fA-F]{64}$/.test(reference)) return inspectRegistered(reference, given, deps);
  const examined = await examineModel({ file: reference, ...(given.shape && { bindings: given.shape }) }, deps);
  const publisher: Address | undefined = given.publisher === undefined ? undefined : parseAddress(given.publisher);
  const plan = planOf(examined.bytes, given.shape);
  const spec = publisher === undefined ? undefined : buildModelSpec(examined, { ...given, publisher }, plan.compiled);
  return {
    lines: [
      ...showFile(examined),
      ...(spec
        ? [`  as published by ${spec.publisher} with these settings: model ${modelIdOf(spec)}`, ...showSpec(spec)]
        : []),
      ...showPlan(plan),
    ],
    json: {
      contentId: examined.contentId,
      digest: examined.digest,
      summary: examined.loaded.summary,
      inputs: examined.inputs,
      outputs: examined.outputs,
      triable: plan.compiled !== undefined,
      plan: plan.compiled ? planFacts(plan.compiled) : undefined,
      refusal: plan.compiled ? undefined : plan.refusal,
      ...(spec && { spec, modelId: modelIdOf(spec) }),
    },
  };
}

function inspectRegistered(id: string, given: ChainArguments, deps: CommandDeps): Promise<CommandResult> {
  return withSession(given, deps, async (session) => {
    const model = await findModel(parseModelId(id), session, deps.signal);
    return {
      lines: [`model ${model.modelId} is ${model.status} on chain ${session.chainId}`, ...showSpec(model.spec)],
      json: { ...model, contentId: contentIdOf(model.spec.onnxSha256), chainId: session.chainId },
    };
  });
}

export function listCommand(given: ChainArguments, deps: CommandDeps): Promise<CommandResult> {
  return withSession(given, deps, async (session) => {
    const models = (await listModels(session, deps.signal)).map((model) => ({
      ...model,
      contentId: contentIdOf(model.spec.onnxSha256),
    }));
    const rows = models.map(({ modelId, status, triable, contentId, spec }) => [
      modelId,
      status,
      triable ? 'triable' : 'not triable',
      `${spec.publisherFeeBps} bps`,
      contentId,
    ]);
    return {
      lines:
        models.length === 0
          ? ['no model is registered']
          : table([['model', 'status', 'trials', 'fee', 'file'], ...rows]),
      json: { models },
    };
  });
}

export function retireCommand(
  id: string,
  given: ChainArguments & KeyArguments,
  deps: CommandDeps,
): Promise<CommandResult> {
  const modelId = parseModelId(id);
  const source = signerSource(given);
  return withSession(given, deps, async (session) => {
    const signer = await session.signer(source);
    const model = await findModel(modelId, session, deps.signal);
    if (model.status === 'retired') {
      return {
        lines: [`model ${modelId} is already retired; nothing was sent`],
        json: { modelId, alreadyRetired: true },
      };
    }
    const { transaction, gasUsed } = await retireModel(modelId, { session, signer, ...deps });
    return {
      lines: [
        `model ${modelId} is retired: no new requests; running jobs go on`,
        ...table([
          ['transaction', transaction],
          ['gas', String(gasUsed)],
        ]),
      ],
      json: { modelId, alreadyRetired: false, transaction, gasUsed: Number(gasUsed) },
    };
  });
}

export interface FetchArguments {
  readonly store: string;
  readonly peer?: readonly string[];
  readonly out?: string;
}

/** `reference`: the content id or the 0x digest of a model file. */
export async function fetchCommand(
  reference: string,
  given: FetchArguments,
  { signal, ...deps }: CommandDeps,
): Promise<CommandResult> {
  const store = await createArtifactStore({ folder: given.store, peers: given.peer ?? [] }, deps);
  const { contentId, digest, size, path } = await store.locate(reference, { signal });
  if (given.out !== undefined) await copyFile(path, given.out);
  return {
    lines: table([
      ['content id', contentId],
      ['sha-256', digest],
      ['size', `${size} bytes`],
      ['file', given.out ?? path],
    ]),
    json: { contentId, digest, size, path: given.out ?? path },
  };
}

function nothingToCalibrate(): RemitError {
  return new RemitError({
    code: 'MODEL_DECLARATION_INVALID',
    message: '--calibrate measures gaps to the run of a plan, and --no-plan registers without one',
    fix: 'leave one of the two away',
  });
}

/** Workers give every dynamic dimension the size 1; a model registered with another size would be answered by nobody. */
function requireServable(shape: Readonly<Record<string, number>>): void {
  const other = Object.entries(shape).find(([, size]) => size !== 1);
  if (!other) return;
  throw new RemitError({
    code: 'MODEL_SHAPE_DYNAMIC',
    message: `dimension ${other[0]} is asked to be ${other[1]}, and operators give every dynamic dimension the size 1`,
    fix: 'fix it in a file with ./dev model compile FILE --shape NAME=SIZE --out FIXED, and register that file',
    context: { dimension: other[0], size: other[1] },
  });
}
