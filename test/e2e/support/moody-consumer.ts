import { type Address, parseAddress } from '../../../workers/protocol/ids.ts';
import type { Market } from './market.ts';

/** How the contract takes its next callback: as it should, by reverting, or by using up all gas it is given. */
export type Mood = 'keeps' | 'reverts' | 'burns';

export interface MoodyConsumer {
  readonly address: Address;
  setMood(mood: Mood): Promise<void>;
  /** The output root of the last callback that it took. */
  kept(): Promise<string>;
}

const MOODS: Readonly<Record<Mood, bigint>> = { reverts: 0n, burns: 1n, keeps: 2n };
const word = (value: bigint): string => `0x${value.toString(16).padStart(64, '0')}`;

/**
 * Runtime code, by hand so that no compiler has to be asked: 32 bytes of calldata set slot 0, the mood; anything longer is
 * a callback, whose second word, the output root, goes to slot 1.
 */
const RUNTIME = [
  '36602014601c57', //   if calldatasize == 32: goto 0x1c
  '600054', //           mood
  '80600214602457', //   if mood == 2: goto 0x24
  '600114602c57', //     if mood == 1: goto 0x2c
  '60006000fd', //       revert
  '5b60003560005500', // 0x1c: slot 0 := calldata[0]; stop
  '5b60243560015500', // 0x24: slot 1 := calldata[36]; stop
  '5b602c56', //         0x2c: goto 0x2c
].join('');
const LENGTH = (RUNTIME.length / 2).toString(16).padStart(2, '0');
/** Copies what follows it into memory and returns it. */
const CREATION = `0x60${LENGTH}600c60003960${LENGTH}6000f3${RUNTIME}`;

export async function createMoodyConsumer(market: Market, mood: Mood): Promise<MoodyConsumer> {
  const { accounts, chain } = market.stack;
  const from = accounts.bystander;
  const address = parseAddress(await market.create({ from, data: CREATION, what: 'create consumer' }));
  const consumer: MoodyConsumer = {
    address,
    async setMood(wanted) {
      await market.send({ from, to: address, data: word(MOODS[wanted]), what: `be one that ${wanted}` });
    },
    kept: async () => String(await chain.call('eth_getStorageAt', [address, '0x1', 'latest'])),
  };
  await consumer.setMood(mood);
  return consumer;
}
