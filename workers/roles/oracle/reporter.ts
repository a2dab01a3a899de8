import type { Observation } from '../../protocol/observation.ts';
import { observationTypedData } from '../../protocol/observation.ts';
import type { SigningDomain, TypedData } from '../../protocol/typed-data.ts';
import { codeOf } from '../../runtime/errors.ts';
import type { Service } from '../../runtime/service.ts';
import type { ObservationKey, ReportGuard } from '../../store/report-guard.ts';

export interface SignedObservation {
  readonly observation: Observation;
  /** 65 bytes. */
  readonly signature: string;
}

/** Signs at most one value per subject and turn, ever. Part of the process's services: a double report ends it. */
export interface Reporter extends Service {
  /** Signs `observation`, or what was recorded for its turn before: the same bytes whenever it is asked. */
  sign(observation: Observation): Promise<SignedObservation>;
  /** What was signed for this turn; undefined when nothing was. */
  find(key: ObservationKey): Promise<SignedObservation | undefined>;
}

export interface ReporterDeps {
  readonly guard: ReportGuard;
  readonly signTypedData: (data: TypedData<Observation>) => Promise<string>;
  readonly onSigned: (observation: Observation) => void;
}

/** Signatures kept in memory; the guard keeps the values of all. */
const REMEMBERED = 256;

export function createReporter(domain: SigningDomain, { guard, signTypedData, onSigned }: ReporterDeps): Reporter {
  const ended = Promise.withResolvers<undefined>();
  const signatures = new Map<string, Promise<string>>();

  function signed(observation: Observation): Promise<string> {
    const { feedId, requestId, turn } = observation;
    const name = `${feedId}/${requestId}/${turn}`;
    const known = signatures.get(name);
    if (known) return known;
    // Deterministic (RFC 6979): a restarted process makes the same bytes.
    const made = signTypedData(observationTypedData(observation, domain));
    signatures.set(name, made);
    made.catch(() => signatures.delete(name));
    for (const oldest of signatures.keys()) {
      if (signatures.size <= REMEMBERED) break;
      signatures.delete(oldest);
    }
    return made;
  }

  return {
    name: 'reporter',
    done: ended.promise,
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    async sign(wished) {
      // Between this look and the record nothing else runs.
      const observation = { ...wished, value: guard.find(wished) ?? wished.value };
      try {
        if (guard.admit(observation) === 'recorded') onSigned(observation);
      } catch (error) {
        if (codeOf(error) === 'DOUBLE_REPORT') ended.reject(error);
        throw error;
      }
      return { observation, signature: await signed(observation) };
    },
    async find(key) {
      const value = guard.find(key);
      if (value === undefined) return undefined;
      const observation = { ...key, value };
      return { observation, signature: await signed(observation) };
    },
  };
}
