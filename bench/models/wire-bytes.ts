/** A length-delimited field of a protobuf message, whatever it holds. */
export function delimited(field: number, content: Uint8Array): Buffer {
  const length: number[] = [];
  for (let left = content.length; ; left >>>= 7) {
    length.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) break;
  }
  return Buffer.concat([Buffer.of((field << 3) | 2), Buffer.from(length), content]);
}
