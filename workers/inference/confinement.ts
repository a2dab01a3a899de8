import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface ConfinementOptions {
  /** Private memory the child may have, in bytes; below 1 GiB Node itself does not start. */
  readonly memoryBytes: number;
}

export interface Confinement {
  /** Command and arguments that come before the program; empty where the system offers none of them. */
  readonly prefix: readonly string[];
  /** What holds, for the log. */
  readonly holds: readonly string[];
}

const run = promisify(execFile);
const OPEN_FILES = 256;

/**
 * Finds out what this system can enforce on a child, by trying it once.
 *
 * `prlimit --data` bounds private writable memory and leaves the address space alone: V8 and GPU drivers reserve far
 * more than they use, so `--as` would stop honest children. `unshare --net` takes the network away; a model has no use
 * for it. `setpriv --pdeathsig` ends the child with its host, even inside an endless run and after a `kill -9`. Each
 * replaces itself with the program, so the process id stays the one that can be killed.
 */
export async function findConfinement({ memoryBytes }: ConfinementOptions): Promise<Confinement> {
  const candidates = [
    { holds: 'life', command: ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--no-new-privs', '--'] },
    {
      holds: 'memory',
      command: ['/usr/bin/prlimit', `--data=${memoryBytes}`, '--core=0', `--nofile=${OPEN_FILES}`, '--'],
    },
    { holds: 'network', command: ['/usr/bin/unshare', '--net', '--'] },
  ];
  const prefix: string[] = [];
  const holds: string[] = [];
  for (const candidate of candidates) {
    const [file = '', ...rest] = candidate.command;
    const works = await run(file, [...rest, '/bin/true']).then(
      () => true,
      () => false,
    );
    if (!works) continue;
    prefix.push(...candidate.command);
    holds.push(candidate.holds);
  }
  return { prefix, holds };
}
