/** `REMIT_SEED`, to run once more what has failed; else a number of this night, and by day always the same one. */
export function seedOf(): number {
  const given = process.env['REMIT_SEED'];
  if (given !== undefined) return Number(given);
  return process.env['REMIT_EFFORT'] === 'nightly' ? Date.now() % 2 ** 31 : 1;
}
