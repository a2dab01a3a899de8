import { createLogger, type Logger } from '../runtime/logger.ts';

export interface Output {
  /** One line of a log, as JSON. */
  line(json: string): void;
  logger(name: string, level: 'debug' | 'info' | 'warn' | 'error' | 'silent'): Logger;
}

const LEVELS: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info ', 40: 'WARN ', 50: 'ERROR' };
const HIDDEN = new Set(['level', 'time', 'pid', 'hostname', 'name', 'msg', 'queue', 'message', 'attempt']);

/**
 * JSON lines for machines, one readable line each for people. Written by the process's own stream: pino's would wait for
 * ever at the end for a reader that is gone, as after `kill -9` of the supervisor.
 */
export function createOutput({ json }: { readonly json: boolean }): Output {
  // Whoever read the log is gone; the work goes on, or ends in its own way.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  let waiting = '';
  const write = (): void => {
    const text = waiting;
    waiting = '';
    if (text !== '') process.stdout.write(text);
  };
  // What is said in one turn is written at its end: each write would make way for whoever reads the log.
  process.on('exit', write);
  const line = (text: string): void => {
    if (waiting === '') setImmediate(write);
    waiting += `${json ? text : readable(text)}\n`;
  };
  return {
    line,
    logger: (name, level) =>
      createLogger(
        { name, level },
        {
          write: (text) => {
            line(text.trimEnd());
          },
        },
      ),
  };
}

/** `12:04:31.204 info  submitter job attested jobId=0x… txHash=0x…` */
export function readable(text: string): string {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return text;
  }
  const at = new Date(Number(fields['time'])).toISOString().slice(11, 23);
  const shown = Object.entries(fields)
    .filter(([name, value]) => !HIDDEN.has(name) && value !== undefined)
    .map(([name, value]) => `${name}=${show(value)}`);
  return [
    at,
    LEVELS[Number(fields['level'])] ?? '',
    String(fields['name']).padEnd(10),
    String(fields['msg']),
    ...shown,
  ].join(' ');
}

function show(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if ('stack' in value && 'message' in value) return String(value.message);
  return JSON.stringify(value);
}
