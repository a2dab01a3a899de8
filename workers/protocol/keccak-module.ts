/**
 * Keccak-f[1600] as a WebAssembly module, assembled here from the permutation's definition (FIPS 202, section 3.2). A
 * vector root is thousands of short hashes; 64-bit lanes make them about ten times faster than JavaScript's 32-bit integers.
 *
 * The module exports its memory and `absorb(blocks)`: it xors that many blocks of 136 bytes, found at `INPUT_AT`, into the
 * state at `STATE_AT`, and permutes after each.
 */
export const RATE_BYTES = 136;
export const STATE_AT = 0;
export const STATE_BYTES = 200;
export const INPUT_AT = 1024;
/** Blocks that fit behind `INPUT_AT` in the module's one page of memory. */
export const BLOCKS_MAX = 474;

const LANES = 25;
const ROUNDS = 24;
const CONSTANTS_AT = 256;

// Locals of `absorb`: its parameter, two i32, then i64: the state, the state after rho and pi, column parities, their mix.
const [BLOCKS, INPUT, ROUND] = [0, 1, 2];
const A = 3;
const B = A + LANES;
const C = B + LANES;
const D = C + 5;
const I64_LOCALS = 2 * LANES + 10;

const I32 = 0x7f;
const I64 = 0x7e;

type Code = readonly number[];

/** LEB128; every immediate used here is non-negative. `signed` keeps bit 6 of the last byte clear. */
function leb(value: number, signed = false): number[] {
  const low = value & 0x7f;
  const rest = value >>> 7;
  return rest === 0 && !(signed && low & 0x40) ? [low] : [low | 0x80, ...leb(rest, signed)];
}

const get = (local: number): Code => [0x20, ...leb(local)];
const set = (local: number): Code => [0x21, ...leb(local)];
const i32 = (value: number): Code => [0x41, ...leb(value, true)];
const i64 = (value: number): Code => [0x42, ...leb(value, true)];
const load = (offset: number): Code => [0x29, 3, ...leb(offset)];
const store = (offset: number): Code => [0x37, 3, ...leb(offset)];
const xor = (left: Code, right: Code): Code => [...left, ...right, 0x85];
const and = (left: Code, right: Code): Code => [...left, ...right, 0x83];
const rotl = (lane: Code, by: number): Code => (by === 0 ? lane : [...lane, ...i64(by), 0x89]);
const addTo = (local: number, value: number): Code => [...get(local), ...i32(value), 0x6a, ...set(local)];
/** Repeats `body` while the i32 that `condition` leaves is not zero; runs at least once. */
const loop = (body: Code, condition: Code): Code => [0x03, 0x40, ...body, ...condition, 0x0d, 0, 0x0b];

const each = (count: number, code: (i: number) => Code): Code =>
  Array.from({ length: count }, (_, i) => code(i)).flat();

/** Offsets of rho and targets of pi by lane (x + 5y), walked as the standard defines them. */
function rhoPi(): { rotation: number; target: number }[] {
  const lanes = Array.from({ length: LANES }, () => ({ rotation: 0, target: 0 }));
  for (let t = 0, x = 1, y = 0; t < 24; t++) {
    const lane = lanes[x + 5 * y];
    if (lane) lane.rotation = (((t + 1) * (t + 2)) / 2) % 64;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  lanes.forEach((lane, i) => {
    const [x, y] = [i % 5, Math.floor(i / 5)];
    lane.target = y + 5 * ((2 * x + 3 * y) % 5);
  });
  return lanes;
}

/** The 24 constants of iota, little-endian, from the standard's shift register. */
function roundConstants(): Uint8Array {
  const constants = new BigUint64Array(ROUNDS);
  let register = 1;
  for (let round = 0; round < ROUNDS; round++) {
    let constant = 0n;
    for (let j = 0; j < 7; j++) {
      if (register & 1) constant |= 1n << BigInt(2 ** j - 1);
      register = (register << 1) ^ (register & 0x80 ? 0x171 : 0);
    }
    constants[round] = constant;
  }
  const view = new DataView(new ArrayBuffer(8 * ROUNDS));
  constants.forEach((constant, i) => {
    view.setBigUint64(8 * i, constant, true);
  });
  return new Uint8Array(view.buffer);
}

function round(): Code {
  const lanes = rhoPi();
  return [
    // theta
    ...each(5, (x) => [...[5, 10, 15, 20].reduce((sum, y) => xor(sum, get(A + x + y)), get(A + x)), ...set(C + x)]),
    ...each(5, (x) => [...xor(get(C + ((x + 4) % 5)), rotl(get(C + ((x + 1) % 5)), 1)), ...set(D + x)]),
    // rho, pi
    ...lanes.flatMap(({ rotation, target }, i) => [
      ...rotl(xor(get(A + i), get(D + (i % 5))), rotation),
      ...set(B + target),
    ]),
    // chi: b ^ (~next & after), where ~next & after = (next & after) ^ after
    ...each(LANES, (i) => {
      const row = B + i - (i % 5);
      const [next, after] = [get(row + ((i + 1) % 5)), get(row + ((i + 2) % 5))];
      return [...xor(get(B + i), xor(and(next, after), after)), ...set(A + i)];
    }),
    // iota: ROUND counts in bytes of the table
    ...xor(get(A), [...get(ROUND), ...load(CONSTANTS_AT)]),
    ...set(A),
  ];
}

function absorb(): Code {
  const permutation = [
    ...i32(0),
    ...set(ROUND),
    ...loop([...round(), ...addTo(ROUND, 8)], [...get(ROUND), ...i32(8 * ROUNDS), 0x47]),
  ];
  const block = [
    ...each(RATE_BYTES / 8, (i) => [...xor(get(A + i), [...get(INPUT), ...load(8 * i)]), ...set(A + i)]),
    ...permutation,
    ...addTo(INPUT, RATE_BYTES),
    ...get(BLOCKS),
    ...i32(1),
    0x6b,
    ...set(BLOCKS),
  ];
  return [
    ...i32(INPUT_AT),
    ...set(INPUT),
    ...each(LANES, (i) => [...i32(STATE_AT), ...load(8 * i), ...set(A + i)]),
    ...loop(block, get(BLOCKS)),
    ...each(LANES, (i) => [...i32(STATE_AT), ...get(A + i), ...store(8 * i)]),
    0x0b,
  ];
}

const sized = (bytes: Code): Code => [...leb(bytes.length), ...bytes];
const section = (id: number, ...entries: Code[]): Code => [id, ...sized([...leb(entries.length), ...entries.flat()])];
const name = (text: string): Code => sized([...Buffer.from(text)]);

/** The module's bytes. */
export function keccakModule(): Uint8Array<ArrayBuffer> {
  const locals = [2, 2, I32, I64_LOCALS, I64];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [0x60, 1, I32, 0]),
    ...section(3, [0]),
    ...section(5, [0x00, 1]),
    ...section(7, [...name('memory'), 0x02, 0], [...name('absorb'), 0x00, 0]),
    ...section(10, sized([...locals, ...absorb()])),
    ...section(11, [0x00, ...i32(CONSTANTS_AT), 0x0b, ...sized([...roundConstants()])]),
  ]);
}
