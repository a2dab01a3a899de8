import * as z from 'zod';
import { type ConfigVariable, type Environment, listVariables, loadConfig } from '../runtime/config.ts';
import type { Role } from '../runtime/role.ts';
import { processConfig } from './process-config.ts';
import { ROLE_NAMES, type RoleName, roles } from './roles.ts';

/** Everything a process of one role is configured with. */
export interface ProcessConfig {
  readonly process: z.output<typeof processConfig>;
  readonly role: Role;
  readonly own: unknown;
}

/** The variables of a role, or of every role, each once. */
export async function variablesOf(names: readonly RoleName[]): Promise<readonly ConfigVariable[]> {
  const loaded = await Promise.all(names.map((name) => roles[name].load()));
  const all = [processConfig, ...loaded.map(({ config }) => config)].flatMap((schema) => listVariables(schema));
  return [...new Map(all.map((variable) => [variable.name, variable])).values()];
}

/** @throws RemitError CONFIG_INVALID with every problem of the role's and the process's variables */
export async function readRoleConfig(name: RoleName, env: Environment): Promise<ProcessConfig> {
  const role = await roles[name].load();
  const schema = z.object({ ...processConfig.shape, ...role.config.shape });
  const config = loadConfig(schema, env, { known: await knownNames() });
  return { process: processConfigOf(config), role, own: config };
}

/** @throws RemitError CONFIG_INVALID */
export async function readProcessConfig(env: Environment): Promise<z.output<typeof processConfig>> {
  return loadConfig(processConfig, env, { known: await knownNames() });
}

/** Roles share a host and often a file of variables, so a variable of another role is no mistake. */
async function knownNames(): Promise<readonly string[]> {
  return (await variablesOf(ROLE_NAMES)).map(({ name }) => name);
}

function processConfigOf({
  healthPort,
  healthHost,
  logLevel,
}: z.output<typeof processConfig>): z.output<typeof processConfig> {
  return { healthPort, healthHost, logLevel };
}
