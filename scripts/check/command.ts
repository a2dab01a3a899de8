import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Problems } from './step.ts';

/** What a program printed and how it ended; `exitCode` is `null` when it was killed. */
export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program from the repository root, quietly. Rejects only when it cannot be started. */
export async function runCommand(command: string, args: readonly string[]): Promise<CommandResult> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } });
  const [stdout, stderr, exitCode] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve)),
  ]);
  return { exitCode, stdout, stderr };
}

/** A step that is a program: its output is the list of problems when it ends with a status. */
export const commandStep =
  (command: string, ...args: readonly string[]) =>
  async (): Promise<Problems> => {
    const { exitCode, stdout, stderr } = await runCommand(command, args);
    if (exitCode === 0) return [];
    const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
    return lines.length > 0 ? lines : [`${command} ended with status ${exitCode}`];
  };
