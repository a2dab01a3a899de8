import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { systemClock } from '../../workers/runtime/clock.ts';
import { messageOf, RemitError } from '../../workers/runtime/errors.ts';
import type { DemoOptions } from './demo-options.ts';
import { createPaper, wantsColour } from './paper.ts';
import { runDemo, type DemoResult } from './run-demo.ts';
import { showJobs } from './show-jobs.ts';
import { showProgress } from './show-progress.ts';
import { showResult } from './show-result.ts';
import { showTrials } from './trials/show-trials.ts';
import { showFeed } from './feed/show-feed.ts';
import { toJson } from './result-json.ts';

const EX_INTERRUPTED = 130;

/** Runs the demo, says what happens, and resolves with the exit code. */
export async function main(asked: DemoOptions): Promise<number> {
  // With --json standard output belongs to the object; what happens meanwhile goes to standard error.
  const out = asked.json ? process.stderr : process.stdout;
  const paper = createPaper(out, { colour: wantsColour(out, process.env) });
  const interrupted = interruption(() => paper.line('\n  stopping (once more to leave at once)'));
  const folder = asked.keep ? await mkdtemp(join(tmpdir(), 'remit-demo-')) : undefined;
  paper.line(paper.strong('remit: one verified inference, from request to payment'));
  paper.title(`${relative(process.cwd(), asked.model)} asked ${relative(process.cwd(), asked.input)}`);
  try {
    const result = await runDemo(asked, {
      clock: systemClock,
      signal: interrupted,
      redisUrl: process.env['REDIS_URL'] || undefined,
      folder,
      listener: showProgress(paper, systemClock),
    });
    if (!asked.json) showJobs(paper, result.jobs);
    if (!asked.json) showTrials(paper, result.trials);
    if (!asked.json && result.feed) showFeed(paper, result.feed);
    if (!asked.json) showResult(paper, result);
    else process.stdout.write(`${toJson(result)}\n`);
    return failures(result) === 0 ? 0 : 1;
  } catch (error) {
    if (interrupted.aborted) {
      paper.line('  stopped; nothing is left running');
      return EX_INTERRUPTED;
    }
    paper.line(`\n${paper.bad} ${error instanceof RemitError ? error.explain() : messageOf(error)}`);
    if (asked.json)
      process.stdout.write(`${JSON.stringify({ error: error instanceof RemitError ? error : messageOf(error) })}\n`);
    return 1;
  } finally {
    if (folder !== undefined) paper.line(`\n  logs and data: ${folder}`);
  }
}

function failures({ expectations }: DemoResult): number {
  return expectations.filter(({ held }) => !held).length;
}

/** Aborts at the first signal; leaves at the second. */
function interruption(onFirst: () => void): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(EX_INTERRUPTED);
      onFirst();
      controller.abort(new RemitError({ code: 'INTERRUPTED', message: `stopped by ${name}` }));
    });
  }
  return controller.signal;
}
