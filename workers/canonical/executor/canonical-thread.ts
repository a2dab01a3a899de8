// The thread of one canonical run: started by CanonicalRunner, ends by itself.
import { parentPort, workerData } from 'node:worker_threads';
import { RemitError, codeOf, isRetryable, messageOf } from '../../runtime/errors.ts';
import { checkPlan } from '../plan/plan.ts';
import { VectorTree } from '../tree/vector-tree.ts';
import { addRunTotals, newRunTotals } from './counters.ts';
import { execute } from './execute.ts';
import type { ThreadFailure, ThreadMessage, ThreadTask } from './thread-messages.ts';

/** Progress is told this often in a run. */
const STEPS = 100;

const say = (message: ThreadMessage, transfer: readonly ArrayBuffer[] = []): void => {
  parentPort?.postMessage(message, [...transfer]);
};

function run({ plan, input, weights, root }: ThreadTask): void {
  checkPlan(plan);
  const of = plan.instructions.length;
  const totals = newRunTotals();
  const trace = new Uint32Array(plan.traceLength);
  let told = 0;
  execute(
    plan,
    { input, weights },
    {
      trace,
      onInstruction: (report) => {
        addRunTotals(totals, report);
        const step = Math.floor(((report.index + 1) * STEPS) / of);
        if (step > told) say({ kind: 'progress', done: report.index + 1, of });
        told = step;
      },
    },
  );
  const merkleRoot = root ? { merkleRoot: new VectorTree(trace).merkleRoot } : {};
  say({ kind: 'trace', trace, totals, ...merkleRoot }, [trace.buffer]);
}

function failureOf(thrown: unknown): ThreadFailure {
  if (!(thrown instanceof RemitError)) {
    const [code, message] = [codeOf(thrown), messageOf(thrown)];
    return { code, message, retryable: isRetryable(thrown), context: {} };
  }
  const { code, message, fix, retryable, context } = thrown;
  return { code, message, retryable, context, ...(fix === undefined ? {} : { fix }) };
}

try {
  run(workerData as ThreadTask);
} catch (thrown) {
  say({ kind: 'failed', failure: failureOf(thrown) });
}
