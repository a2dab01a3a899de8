import { codeOf, messageOf, RemitError } from '../runtime/errors.ts';
import type { LoadReply } from './child-protocol.ts';
import { DEVICE_FAILED } from './wire-error.ts';

/** `auto` = the platform's ladder, without what is slower than the CPU; a name or a list = these and nothing else. */
export type AskedProvider = string | readonly string[];

/** Where a model runs and how that was found out. */
export interface ProviderReport {
  readonly provider: string;
  /** One line for the operator: what was asked, why others were passed over, what a run takes. */
  readonly line: string;
  /** Nodes by provider that really ran them, from the engine's profile. */
  readonly nodes: Readonly<Record<string, number>>;
  readonly runMs: number;
  readonly cpuMs: number;
}

export interface DeviceDeps {
  /** Loads the model on this provider alone, with proof. */
  readonly attempt: (provider: string) => Promise<LoadReply>;
}

/** Fastest first; the last always works. */
export function ladderFor(platform: NodeJS.Platform): readonly string[] {
  if (platform === 'win32') return ['cuda', 'dml', 'webgpu', 'cpu'];
  if (platform === 'darwin') return ['coreml', 'webgpu', 'cpu'];
  return ['tensorrt', 'cuda', 'webgpu', 'cpu'];
}

/**
 * Tries providers in order and takes the first that really ran nodes of this model (and, when the choice is ours, is
 * not slower than the CPU). onnxruntime runs whatever a
 * provider cannot take on the CPU without a word, so a created session proves nothing: the profile of a run does.
 *
 * The CPU goes first, whatever was asked: its time is the yardstick, and a model that fails there is refused for its
 * own reasons.
 *
 * @throws RemitError `EXECUTION_PROVIDER_UNAVAILABLE` when no asked provider ran a node; a model's own refusal as it is
 */
export async function chooseProvider(
  { key, asked, platform }: { readonly key: string; readonly asked: AskedProvider; readonly platform: NodeJS.Platform },
  { attempt }: DeviceDeps,
): Promise<{ report: ProviderReport; loaded: LoadReply }> {
  const cpu = await attempt('cpu');
  const candidates = asked === 'auto' ? ladderFor(platform) : [asked].flat();
  const passedOver: string[] = [];
  let mayRecover = false;
  for (const provider of candidates) {
    const tried = provider === 'cpu' ? cpu : await tryProvider(provider, attempt);
    const refusal = typeof tried === 'string' ? tried : asked === 'auto' ? slower(tried, cpu) : undefined;
    if (typeof tried === 'string' || refusal !== undefined) {
      passedOver.push(`${provider}: ${refusal ?? ''}`);
      mayRecover ||= typeof tried === 'string' && tried.startsWith(GAVE_UP);
      continue;
    }
    return { loaded: tried, report: reportOf({ key, asked, provider, passedOver, cpu, tried }) };
  }
  throw new RemitError({
    code: 'EXECUTION_PROVIDER_UNAVAILABLE',
    message: `the model does not run on ${candidates.join(' or ')} (${passedOver.join('; ')})`,
    fix: 'Install the driver and libraries of this provider (docs/OPERATIONS.md), or ask for "auto" or "cpu".',
    retryable: mayRecover,
    context: { asked: candidates, reasons: passedOver },
  });
}

/** The proof, or in words why not. */
async function tryProvider(provider: string, attempt: DeviceDeps['attempt']): Promise<LoadReply | string> {
  try {
    const loaded = await attempt(provider);
    const nodes = loaded.proof?.nodes ?? {};
    return (nodes[provider] ?? 0) > 0 ? loaded : `none of the nodes ran on it (${counts(nodes)})`;
  } catch (error) {
    return reasonOf(error);
  }
}

/** Set when the CPU is quicker: small models are not worth the way to a device and back. */
function slower(tried: LoadReply, cpu: LoadReply): string | undefined {
  const ms = tried.proof?.runMs ?? 0;
  return ms > (cpu.proof?.runMs ?? Infinity) ? `works, but slower: ${milliseconds(ms)}` : undefined;
}

function reportOf(facts: {
  readonly key: string;
  readonly asked: AskedProvider;
  readonly provider: string;
  readonly passedOver: readonly string[];
  readonly cpu: LoadReply;
  readonly tried: LoadReply;
}): ProviderReport {
  const { provider, passedOver, cpu, tried } = facts;
  const nodes = tried.proof?.nodes ?? {};
  const runMs = tried.proof?.runMs ?? 0;
  const cpuMs = cpu.proof?.runMs ?? 0;
  const elsewhere = Object.entries(nodes).filter(([name]) => name !== provider);
  const total = Object.values(nodes).reduce((sum, count) => sum + count, 0);
  const parts = [
    `asked: ${[facts.asked].flat().join(', ')}`,
    ...passedOver,
    provider === 'cpu' ? milliseconds(runMs) : `${milliseconds(runMs)} vs cpu ${milliseconds(cpuMs)}`,
    ...elsewhere.map(([name, count]) => `${count} of ${total} nodes on ${name}`),
  ];
  return {
    provider,
    nodes,
    runMs,
    cpuMs,
    line: `model ${facts.key.slice(0, 8)}… on ${provider} (${parts.join('; ')})`,
  };
}

const GAVE_UP = 'gave up';

function reasonOf(error: unknown): string {
  const message = messageOf(error);
  if (codeOf(error) === DEVICE_FAILED) return `${GAVE_UP}: ${message.split(': ').slice(1).join(': ').slice(0, 120)}`;
  if (/backend not found/i.test(message)) return 'not in this build';
  if (/failed to load shared library/i.test(message)) return 'its libraries are not installed';
  if (/no supported adapters|WebGPU adapter/i.test(message)) return 'no adapter found';
  return (
    message
      .replace(/^onnxruntime refused the model: /, '')
      .split('\n')[0]
      ?.slice(0, 120) ?? 'failed'
  );
}

function counts(nodes: Readonly<Record<string, number>>): string {
  return (
    Object.entries(nodes)
      .map(([name, count]) => `${count} on ${name}`)
      .join(', ') || 'no profile'
  );
}

function milliseconds(ms: number): string {
  return `${ms >= 100 ? ms.toFixed(0) : ms.toFixed(ms >= 10 ? 1 : 2)} ms`;
}
