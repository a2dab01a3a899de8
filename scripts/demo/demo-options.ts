import { dirname, join, resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';

export interface DemoOptions {
  readonly model: string;
  readonly input: string;
  /** True when nothing was named: the shipped model, with the contract that was written for it. */
  readonly isDefault: boolean;
  /** For pictures: how pixels become numbers. */
  readonly scaling: string | undefined;
  /** Call the requester's contract only when the answer is final. Always so for the default model. */
  readonly final: boolean;
  readonly jobs: number;
  readonly json: boolean;
  readonly keep: boolean;
  /** Whether data nodes, a feed and a pool take part: with the shipped model, unless told otherwise. */
  readonly feed: boolean;
  /** Where pictures go. */
  readonly out: string;
}

/** `text` is for the terminal; nothing is to be run. */
export interface DemoUsage {
  readonly text: string;
  readonly exitCode: number;
}

const root = resolve(import.meta.dirname, '../..');
const DEFAULT_MODEL = join(root, 'models/credit-score/credit-score.onnx');
const MOST_JOBS = 12;
const EX_USAGE = 64;

const ABOUT = `One verified inference from request to payment, on a private local chain.

Without options: the shipped model scores six made-up applicants, and a contract sets their limits; two operators lie
and are convicted; four data nodes bring a price, and a pool's fee follows the volatility that a model reads from it.
Inputs: {"values": […]}, a list of {"values": […], "label": …} (one job each), ezkl's {"input_data": […]},
or a JPEG or PNG picture.`;

const EXAMPLES = `
Examples:
  ./dev demo
  ./dev demo --model ../shared/models/mnist-net_256x4.onnx --input ../shared/models/mnist-digits.json
  ./dev demo --model ../shared/models/face-detector-rfb-320.onnx --input ../shared/models/faces-13.jpg

Exit codes: 0 every expectation held, 1 one did not or something failed, 64 wrong usage, 130 interrupted.`;

/** Reads the command line (without node and script). */
export function parseDemoOptions(args: readonly string[]): DemoOptions | DemoUsage {
  let said = '';
  const say = (text: string): void => {
    said += text;
  };
  const command = new Command('./dev demo')
    .description(ABOUT)
    .option('--model <file>', 'an ONNX model; needs --input')
    .option('--input <file>', 'what to ask it: .json, .jpg or .png')
    .option('--scaling <name>', 'for pictures: unit, face-detector or cifar10 (default: found out from the model)')
    .option('--final', 'call the contract back when the answer is final, instead of at once')
    .option('--jobs <n>', `at most so many jobs (1 to ${MOST_JOBS})`, parseJobs, MOST_JOBS)
    .option('--no-feed', 'leave out data nodes, feed and pool')
    .option('--out <folder>', 'where pictures go', '.')
    .option('--json', 'print one JSON object on standard output instead of text')
    .option('--keep', 'leave logs and data, and say where')
    .addHelpText('after', EXAMPLES)
    .configureOutput({ writeOut: say, writeErr: say })
    .exitOverride();
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { text: said, exitCode: error.exitCode === 0 ? 0 : EX_USAGE };
  }
  const given = command.opts<{
    model?: string;
    input?: string;
    scaling?: string;
    final?: true;
    jobs: number;
    feed: boolean;
    out: string;
    json?: true;
    keep?: true;
  }>();
  if (given.model !== undefined && given.input === undefined)
    return { text: 'error: --model needs --input: what should it be asked?\n', exitCode: EX_USAGE };
  const model = resolve(given.model ?? DEFAULT_MODEL);
  return {
    model,
    input: resolve(given.input ?? join(dirname(DEFAULT_MODEL), 'input.json')),
    isDefault: model === DEFAULT_MODEL,
    scaling: given.scaling,
    final: given.final ?? false,
    jobs: given.jobs,
    feed: given.feed && model === DEFAULT_MODEL,
    json: given.json ?? false,
    keep: given.keep ?? false,
    out: resolve(given.out),
  };
}

function parseJobs(text: string): number {
  const jobs = Number(text);
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= MOST_JOBS) return jobs;
  throw new InvalidArgumentError(`give a whole number from 1 to ${MOST_JOBS}`);
}
