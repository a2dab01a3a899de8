import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { CorpusOrder, WrittenFile } from './corpus-writer.ts';

export interface WrittenFiles {
  /** Of the process that makes them. */
  readonly pid: number;
  readonly files: AsyncIterable<WrittenFile>;
}

/** The files of an order, each written when it is asked for. */
export function writtenFiles({ canaries, ...order }: CorpusOrder): WrittenFiles {
  const writer = fork(join(import.meta.dirname, 'corpus-writer.ts'));
  const { store, home, names, paths } = canaries;
  writer.send({ ...order, canaries: { store, home, names, paths } });
  return { pid: writer.pid ?? 0, files: drain(writer) };
}

async function* drain(writer: ChildProcess): AsyncGenerator<WrittenFile> {
  const ended = new AbortController();
  writer.once('exit', (code) => {
    ended.abort(new Error(`the process that makes hostile models ended with ${code ?? 'a signal'}`));
  });
  try {
    for (;;) {
      const answered = once(writer, 'message', { signal: ended.signal });
      writer.send('next');
      const [{ file }] = (await answered) as [{ readonly file: WrittenFile | null }];
      if (!file) return;
      yield file;
    }
  } finally {
    writer.kill('SIGKILL');
  }
}
