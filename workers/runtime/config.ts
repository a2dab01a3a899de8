import * as z from 'zod';
import { type FieldFacts, fieldFacts } from './config-fields.ts';
import { RemitError } from './errors.ts';
import { nearestName } from './nearest-name.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface LoadConfigOptions {
  /** Starts every variable that is ours. Defaults to `REMIT_`. */
  readonly prefix?: string;
  /** Variables that other parts of the same process or host read; known, so not refused. */
  readonly known?: Iterable<string>;
}

/** One refused variable. `saw` never holds a secret. */
export interface ConfigProblem {
  readonly variable: string;
  readonly saw: string;
  readonly expected: string;
  readonly fix: string;
}

/** One row of `docs/CONFIG.md`. */
export interface ConfigVariable {
  readonly name: string;
  readonly type: string;
  /** As it would be written in the environment; undefined when the variable is required. */
  readonly default: string | undefined;
  readonly required: boolean;
  readonly description: string;
}

const PREFIX = 'REMIT_';

/**
 * Reads `schema` from `env`: key `rpcUrls` comes from `REMIT_RPC_URLS`. Absent means the default; present but invalid is
 * refused, and so is a variable with our prefix that nothing reads (a slip of the finger must not silently mean a default).
 * Throws one `RemitError` CONFIG_INVALID that lists every problem; `context.problems` holds them as `ConfigProblem[]`.
 */
export function loadConfig<S extends z.ZodObject>(
  schema: S,
  env: Environment,
  { prefix = PREFIX, known = [] }: LoadConfigOptions = {},
): z.output<S> {
  const keys = Object.keys(schema.shape);
  const raw: unknown = Object.fromEntries(
    keys.map((key) => [key, env[variableOf(key, prefix)]]).filter(([, value]) => value !== undefined),
  );
  const parsed = schema.safeParse(raw);
  const problems = unknownVariables(env, prefix, new Set([...keys.map((key) => variableOf(key, prefix)), ...known]));
  for (const issue of parsed.error?.issues ?? []) {
    const key = String(issue.path[0] ?? '');
    problems.push(
      describeIssue(
        { key, variable: key === '' ? prefix + '*' : variableOf(key, prefix), message: issue.message },
        schema,
        env,
      ),
    );
  }
  if (problems.length === 0 && parsed.success) return parsed.data;
  const lines = problems.map(
    ({ variable, saw, expected, fix }) => `  ${variable}: saw ${saw}; expected ${expected}; ${fix}`,
  );
  throw new RemitError({
    code: 'CONFIG_INVALID',
    message: [`${problems.length} configuration ${problems.length === 1 ? 'problem' : 'problems'}`, ...lines].join(
      '\n',
    ),
    fix: 'correct the variables named above; docs/CONFIG.md lists them all',
    context: { problems },
  });
}

/** Every variable of `schema`, in its order, for `docs/CONFIG.md` and for `known`. */
export function listVariables(
  schema: z.ZodObject,
  { prefix = PREFIX }: Pick<LoadConfigOptions, 'prefix'> = {},
): ConfigVariable[] {
  return Object.entries(schema.shape as Record<string, z.core.$ZodType>).map(([key, field]) => {
    const layers = layersOf(field);
    const fallback = layers.map(defaultOf).find((value) => value !== undefined);
    return {
      name: variableOf(key, prefix),
      type: factsOf(field)?.type ?? 'text',
      default: fallback,
      required: fallback === undefined && !layers.some((layer) => layer._zod.def.type === 'optional'),
      description:
        layers.map((layer) => z.globalRegistry.get(layer)?.description).find((value) => value !== undefined) ?? '',
    };
  });
}

/** `rpcUrls` → `REMIT_RPC_URLS`. */
function variableOf(key: string, prefix: string): string {
  return prefix + key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
}

function unknownVariables(env: Environment, prefix: string, known: ReadonlySet<string>): ConfigProblem[] {
  const unknown = Object.keys(env).filter(
    (name) => name.startsWith(prefix) && env[name] !== undefined && !known.has(name),
  );
  return unknown.sort().map((variable) => {
    const nearest = nearestName(variable, known);
    // The value is not shown: nobody knows whether it is a secret.
    return {
      variable,
      saw: 'a variable that nothing reads',
      expected: nearest ? `perhaps ${nearest}` : 'no such variable',
      fix: nearest ? `rename it to ${nearest} or unset it` : 'unset it',
    };
  });
}

function describeIssue(
  issue: { key: string; variable: string; message: string },
  schema: z.ZodObject,
  env: Environment,
): ConfigProblem {
  const { key, variable, message } = issue;
  const field = (schema.shape as Record<string, z.core.$ZodType>)[key];
  const facts = field && factsOf(field);
  if (!facts) return { variable, saw: 'these values', expected: message, fix: 'change one of them' };
  const value = env[variable];
  // A check added by the role around a known field says more than the field's own facts.
  const own = value !== undefined && message !== `expected ${facts.expected}`;
  return {
    variable,
    saw: value === undefined ? 'nothing (not set)' : quote(value, facts),
    expected: own ? message : facts.expected,
    fix: `for example ${variable}=${facts.example}`,
  };
}

function quote(value: string, facts: FieldFacts): string {
  if (facts.quote) return facts.quote(value);
  return value === '' ? 'an empty text' : JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}

/** A schema and what it wraps, from the outside in: default → optional → field. */
function layersOf(schema: z.core.$ZodType): z.core.$ZodType[] {
  const inner = (schema._zod.def as { innerType?: z.core.$ZodType }).innerType;
  return inner ? [schema, ...layersOf(inner)] : [schema];
}

function factsOf(schema: z.core.$ZodType): FieldFacts | undefined {
  return layersOf(schema)
    .map((layer) => fieldFacts.get(layer as z.ZodType))
    .find((facts) => facts !== undefined);
}

function defaultOf(schema: z.core.$ZodType): string | undefined {
  const { defaultValue } = schema._zod.def as { defaultValue?: unknown };
  if (defaultValue === undefined) return undefined;
  return typeof defaultValue === 'string' ? defaultValue : JSON.stringify(defaultValue);
}
