import type { Result } from 'ethers';
import { hexOfHash } from '../../workers/canonical/tree/tree-nodes.ts';
import { interfaces } from '../../workers/chain/contracts.ts';
import { parseRecord } from '../../workers/protocol/attestation-record.ts';
import type { Address, Hex, Hex32 } from '../../workers/protocol/ids.ts';
import { NO_EXHIBITS, parseDocket, parseExhibits, type Space } from '../../workers/protocol/trial.ts';
import {
  type Change,
  type CourtState,
  type DemandedNode,
  need,
  Refused,
  REVEAL_PRICE,
  rootOf,
  type SimTrialCourt,
} from './sim-trial-court.ts';

const WITHOUT_FILE: ReadonlySet<string> = new Set(['open', 'reveal', 'postpone', 'commit', 'reclaim']);

function refuse(why: string): never {
  throw new Refused(why);
}

/** A struct of a decoded call. */
function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return (value as Result).toObject() as Readonly<Record<string, unknown>>;
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? one.toString() : one));

/** The cap that a payment sets. */
function priceOf(value: bigint): bigint {
  need(value % REVEAL_PRICE.gas === 0n, 'invalid price');
  return value / REVEAL_PRICE.gas;
}

/** Reads the calls of a player. */
export function createCalls({ rules, trees, claimed }: SimTrialCourt) {
  /** Calls with a case file must fit to what the slot of the trial commits to. */
  function guarded(name: string, at: (index: number) => unknown, change: () => Change): Change {
    return (state, block) => {
      if (name === 'open') need(isRecord(at(1), state), 'another record');
      if (!WITHOUT_FILE.has(name)) {
        const { record, docket, exhibits } = objectOf(at(0));
        need(isRecord(record, state), 'another record');
        need(
          textOf(parseDocket(objectOf(docket))) === textOf(parseDocket(need(state.file.docket, 'no trial'))),
          'another docket',
        );
        const posted = textOf(parseExhibits(objectOf(exhibits)));
        need(posted === textOf(parseExhibits(state.file.exhibits ?? NO_EXHIBITS)), 'other exhibits');
      }
      return change()(state, block);
    };
  }

  const isRecord = (value: unknown, { record }: CourtState): boolean =>
    record !== undefined && textOf(parseRecord(objectOf(value))) === textOf(parseRecord(record));

  /** What a call of a player does; refuses what does not fit to the slot of its trial. */
  function decoded(from: Address, data: Hex, value: bigint): { readonly name: string; readonly change: Change } {
    const call = interfaces.TrialCourt.parseTransaction({ data });
    if (!call) throw new Error('a call that the court does not know');
    const { name, args } = call;
    const at = (index: number): unknown => args[index] as unknown;
    return { name, change: guarded(name, at, () => changeOf(name, at, from, value)) };
  }

  function changeOf(name: string, at: (index: number) => unknown, from: Address, value: bigint): Change {
    const node = (first: number): DemandedNode => ({
      ...{ space: Number(at(first)) as Space, height: Number(at(first + 1)), index: Number(at(first + 2)) },
    });
    switch (name) {
      case 'open':
        return rules.open(from);
      case 'postTrace': {
        const { trace } = objectOf(at(2));
        return trace === rootOf(claimed.trace) ? rules.postTrace(claimed.trace) : refuse('another trace than it has');
      }
      case 'demand': {
        const { space, height, index } = node(1);
        const isNode = hexOfHash(trees[space]?.node(height, index) ?? new Uint8Array(32)) === at(4);
        return isNode ? rules.demand(from, { space, height, index }, priceOf(value)) : refuse('not a node of the tree');
      }
      case 'reveal':
        return rules.reveal(node(1), at(4) as Hex);
      case 'commit':
        return rules.commit(at(0) as Hex32);
      case 'resolve':
        return rules.resolve(at(1) as Hex32);
      case 'reclaim':
        return rules.reclaim(at(1) as Address);
      case 'proveElement':
        return proofOf(name, Number(at(2)), from, at(4) as Hex32);
      case 'provePadding':
        return proofOf(name, Number(at(2)), from, at(4) as Hex32);
      case 'proveGap':
        return proofOf(name, Number(at(2)), from, at(5) as Hex32);
      default:
        throw new Error(`a call that this court does not know: ${name}`);
    }
  }

  const proofOf = (name: string, element: number, from: Address, salt: Hex32): Change =>
    rules.prove(name, element, from, salt);

  const known = new Map<string, ReturnType<typeof decoded>>();

  return {
    decoded(from: Address, data: Hex, value: bigint): ReturnType<typeof decoded> {
      const key = `${from} ${value} ${data}`;
      const call = known.get(key) ?? decoded(from, data, value);
      known.set(key, call);
      return call;
    },
  };
}
