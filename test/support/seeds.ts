/** `REMIT_SEED`, to run once more what has failed; else a number of this run. */
export function seedOf(): number {
  const given = process.env['REMIT_SEED'];
  return given === undefined ? Date.now() % 2 ** 31 : Number(given);
}
