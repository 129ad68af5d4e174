import { pointerOf } from '../problems/json-pointer.js';
import { decode, deepest, isSpace, JsonTextError, marks, type JsonPath } from './json-text.js';

const { quote, backslash, comma, openArray, closeArray, openObject, closeObject } = marks;

/** Options for a long array, whose values are passed on in portions. */
export interface LongArray {
  /**
   * `numbers`: the array has numbers at any depth, passed on in row-major order. `elements`: it has elements of any
   * kind.
   */
  readonly holds: 'numbers' | 'elements';
  /** Upper bound of the text of one number or element (bytes). */
  readonly limitBytes: number;
  /** Receives values as they arrive, at most a few thousand at a time. An error that it throws ends the reading. */
  onValues(values: readonly unknown[], path: JsonPath): void;
}

/** Reads one long array, from the byte after its opening bracket to its closing bracket. */
export class LongArrayReader {
  readonly #array: LongArray;
  readonly #path: JsonPath;
  /** The text of an incomplete value. */
  #pending: Uint8Array = new Uint8Array();
  #depth = 1;
  #isInString = false;
  #isEscaped = false;
  #hasBrackets = false;
  /** The last byte that is not white space; 0 before the first. */
  #last = 0;
  isDone = false;

  constructor(array: LongArray, path: JsonPath) {
    this.#array = array;
    this.#path = path;
  }

  /** @returns position where it stops: the end of the bytes, or after the closing bracket */
  read(bytes: Uint8Array, from: number): number {
    const known = this.#pending.length;
    const text = known === 0 ? bytes.subarray(from) : Buffer.concat([this.#pending, bytes.subarray(from)]);
    const accept = this.#array.holds === 'numbers' ? this.#acceptNumbers : this.#acceptElements;
    let valueAt = 0;
    for (let at = known; at < text.length; at += 1) {
      const event = accept.call(this, text[at] ?? 0);
      if (event === undefined) continue;
      this.#requireShort(at - valueAt);
      valueAt = at + 1;
      if (event === 'value') continue;
      this.#hand(text.subarray(0, at));
      this.isDone = true;
      return from + at + 1 - known;
    }
    this.#requireShort(text.length - valueAt);
    // Passes on the complete values, up to the last comma.
    if (valueAt > 0) this.#hand(text.subarray(0, valueAt - 1));
    this.#pending = text.subarray(valueAt);
    return bytes.length;
  }

  /** Checks brackets, because they are removed before `JSON.parse`. @returns whether a value or the array ends here */
  #acceptNumbers(byte: number): 'value' | 'array' | undefined {
    if (isSpace(byte)) return undefined;
    const last = this.#last;
    this.#last = byte;
    if (byte === comma) {
      if (last === 0 || last === comma || last === openArray) throw this.#wrong('a value is missing before a comma');
      return 'value';
    }
    if (byte === openArray) {
      if (last !== 0 && last !== comma && last !== openArray) throw this.#wrong('a comma is missing before a bracket');
      if (this.#depth === deepest) throw this.#wrong(`its values are nested more than ${deepest} deep`);
      this.#depth += 1;
      this.#hasBrackets = true;
      return undefined;
    }
    if (byte === closeArray) {
      if (last === comma) throw this.#wrong('a value is missing after a comma');
      this.#depth -= 1;
      return this.#depth === 0 ? 'array' : undefined;
    }
    if (last === closeArray) throw this.#wrong('a comma is missing after a bracket');
    return undefined;
  }

  /** @returns whether a value or the array ends here */
  #acceptElements(byte: number): 'value' | 'array' | undefined {
    if (this.#isInString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === backslash) this.#isEscaped = true;
      else if (byte === quote) this.#isInString = false;
      return undefined;
    }
    if (isSpace(byte)) return undefined;
    const last = this.#last;
    this.#last = byte;
    if (byte === quote) this.#isInString = true;
    else if (byte === openArray || byte === openObject) this.#depth += 1;
    else if (byte === closeArray || byte === closeObject) {
      this.#depth -= 1;
      if (this.#depth > 0) return undefined;
      if (last === comma) throw this.#wrong('a value is missing after a comma');
      return 'array';
    } else if (byte === comma && this.#depth === 1) return 'value';
    return undefined;
  }

  #requireShort(length: number): void {
    if (length > this.#array.limitBytes) throw this.#wrong(`a value takes more than ${this.#array.limitBytes} bytes`);
  }

  #hand(text: Uint8Array): void {
    // Replaces the brackets of nested arrays, so that the text becomes one flat list of numbers.
    const isNested = this.#array.holds === 'numbers' && this.#hasBrackets;
    const plain = isNested ? Buffer.from(Buffer.from(text).toString('latin1').replace(/[[\]]/g, ' '), 'latin1') : text;
    const values = this.#parse(plain);
    if (values.length > 0) this.#array.onValues(values, this.#path);
  }

  #parse(text: Uint8Array): readonly unknown[] {
    try {
      return JSON.parse(`[${decode(text)}]`) as unknown[];
    } catch (error) {
      throw this.#wrong((error as Error).message);
    }
  }

  #wrong(detail: string): JsonTextError {
    return new JsonTextError(`${pointerOf(this.#path)}: ${detail}`);
  }
}
