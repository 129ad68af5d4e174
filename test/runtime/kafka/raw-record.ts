/**
 * Encodes a record of format 2, by default the first of its batch. It can have header values of null, which kafkajs
 * cannot write.
 */
export function rawRecord(
  key: string,
  value: Buffer,
  headers: readonly (readonly [name: string, value: Buffer | null])[],
  offsetDelta = 0,
): Buffer {
  const body = Buffer.concat([
    Buffer.from([0, 0]), // attributes, time delta
    varint(offsetDelta),
    lengthAndBytes(Buffer.from(key)),
    lengthAndBytes(value),
    varint(headers.length),
    ...headers.flatMap(([name, bytes]) => [lengthAndBytes(Buffer.from(name)), lengthAndBytes(bytes)]),
  ]);
  return lengthAndBytes(body);
}

export function lengthAndBytes(bytes: Buffer | null): Buffer {
  return bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);
}

/** A zigzag varint of a small number. */
export function varint(number: number): Buffer {
  const bytes: number[] = [];
  let rest = number < 0 ? -2 * number - 1 : 2 * number;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
