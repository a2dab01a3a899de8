import { explainInstruction } from '../../workers/canonical/plan/explain.ts';
import type { CommandDeps, CommandResult } from '../chain/command-result.ts';
import { bindInputs, fixDimensions, writeDerived } from './derive-model.ts';
import { readModelFile } from './examine-model.ts';
import { planOf } from './model-plan.ts';
import { summarisePlan } from './plan-summary.ts';
import { operatorName, refusedNodes } from './refused-nodes.ts';
import type { Domain } from './sample-inputs.ts';
import { table } from '../chain/table.ts';
import { planFacts, showPlan } from './show-model.ts';

export type CompileArguments = Domain & {
  readonly shape?: Readonly<Record<string, number>>;
  /** Values of graph inputs that become part of the model, as JSON by name. */
  readonly bind?: Readonly<Record<string, string>>;
  /** Where the model with bound inputs and fixed dimensions is written. */
  readonly out?: string;
};

const NOT_WRITTEN =
  'nodes compile the file that is registered and nothing else: write one with the bound inputs with --out FILE';

/** What a file's plan is made of, or everything that stands in the way of one. Needs no chain. */
export async function compileCommand(
  file: string,
  given: CompileArguments,
  { signal }: Pick<CommandDeps, 'signal'>,
): Promise<CommandResult> {
  const { path, bytes: original } = await readModelFile(file);
  const bytes = given.bind ? bindInputs(original, given.bind) : original;
  const plan = planOf(bytes, given.shape);
  if (!plan.compiled) return refusedResult(bytes, plan.refusal);
  const { compiled } = plan;
  const written =
    given.out === undefined ? undefined : await writeDerived(given.out, fixDimensions(bytes, given.shape ?? {}), path);
  const { operators, worst } = summarisePlan(compiled, given, { signal });
  const instruction = compiled.plan.instructions[worst.instruction];
  const origin = compiled.origins[worst.instruction];
  const total = operators.reduce((sum, { macs }) => sum + macs, 0);
  return {
    lines: [
      ...showPlan(plan),
      ...table([
        ['operator', 'nodes', 'instructions', 'trace elements', 'MACs'],
        ...operators.map(({ opType, nodes, instructions, elements, macs }) =>
          [opType, nodes, instructions, elements, macs].map(String),
        ),
      ]),
      ...table([
        ['MACs', String(total)],
        ['dearest proof', `${worst.gas} gas for ${worst.calldataBytes} bytes: its calldata alone`],
        ['', `element ${worst.element}, instruction ${worst.instruction} of ${origin?.opType} ${origin?.node}`],
        ['', instruction ? explainInstruction(instruction) : ''],
        ...(written === undefined ? [] : [['written', written]]),
      ]),
      ...(given.bind && written === undefined ? [`  WARNING: ${NOT_WRITTEN}`] : []),
    ],
    json: { compiled: true, ...planFacts(compiled), macs: total, operators, worst: { ...worst, ...origin }, written },
  };
}

function refusedResult(bytes: Uint8Array, refusal: Error): CommandResult {
  const refused = refusedNodes(bytes);
  return {
    failure: refusal,
    lines:
      refused.length === 0
        ? []
        : table([
            ['refused node', 'operator', 'opset'],
            ...refused.map((node) => [node.name, operatorName(node), String(node.opset)]),
          ]),
    json: { compiled: false, refused },
  };
}
