import { runCommand } from '../process/command.ts';
import type { Problems } from './step.ts';

/** A step that is a program: its output is the list of problems when it ends with a status. */
export const commandStep =
  (command: string, ...args: readonly string[]) =>
  async (): Promise<Problems> => {
    const { exitCode, stdout, stderr } = await runCommand(command, args);
    if (exitCode === 0) return [];
    const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
    return lines.length > 0 ? lines : [`${command} ended with status ${exitCode ?? 'killed'}`];
  };
