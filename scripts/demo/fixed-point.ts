/** `value · scale` of a float32 bit pattern, rounded down; 0 for NaN and negatives. Twin of `FloatBits.toUnsignedDown`. */
export function unsignedDown(bits: number, scale: bigint): bigint {
  const magnitude = bits & 0x7fffffff;
  if (bits >>> 31 !== 0 || magnitude > 0x7f800000) return 0n;
  const exponent = magnitude >>> 23;
  const mantissa = BigInt(exponent === 0 ? magnitude : (magnitude & 0x7fffff) | 0x800000);
  const shift = 150 - Math.max(exponent, 1);
  if (shift >= 0) return (mantissa * scale) >> BigInt(shift);
  return -shift > 104 ? 2n ** 256n - 1n : (mantissa * scale) << BigInt(-shift);
}
