/** A text is not valid JSON. The message is the end of a sentence that names the text. */
export class JsonTextError extends Error {
  override readonly name = 'JsonTextError';
}

/** Path of a value from the root: names of members and positions in arrays. */
export type JsonPath = readonly (string | number)[];

/** Structural bytes of JSON. */
export const marks = {
  quote: 0x22,
  backslash: 0x5c,
  comma: 0x2c,
  colon: 0x3a,
  openArray: 0x5b,
  closeArray: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const;

export const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Deepest nesting of arrays and objects. */
export const deepest = 32;

export function decode(text: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(text);
}

export function parse(text: Uint8Array): unknown {
  try {
    return JSON.parse(decode(text));
  } catch (error) {
    throw new JsonTextError((error as Error).message);
  }
}
