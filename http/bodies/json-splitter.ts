import { deepest, JsonTextError, marks, parse, type JsonPath } from './json-text.js';
import { LongArrayReader, type LongArray } from './long-array.js';

const { quote, backslash, comma, colon, openArray, closeArray, openObject, closeObject } = marks;

export interface JsonSplitterOptions {
  /** Upper bound of the document without its long arrays (bytes). */
  readonly limitBytes: number;
  /** Returns the options for a long array at that path; undefined when the array belongs to the rest. */
  longArray(path: JsonPath): LongArray | undefined;
}

interface Frame {
  readonly isArray: boolean;
  /** Name of the current member, or position in the array. */
  step: string | number;
}

/**
 * Splits a JSON document while it arrives. It passes on the values of long arrays in portions, and returns the rest at
 * the end, with `[]` in place of these arrays. Memory is therefore bounded for a document of any length. The splitter
 * only finds the boundaries of values; `JSON.parse` validates each portion and the rest. Throws `JsonTextError` for a
 * document that it cannot read.
 */
export class JsonSplitter {
  readonly #options: JsonSplitterOptions;
  readonly #rest: Buffer;
  #restLength = 0;
  readonly #frames: Frame[] = [];
  #long: LongArrayReader | undefined;
  #isInString = false;
  #isEscaped = false;
  /** Start of the last string of the rest, after its quote. */
  #stringAt = 0;
  /** Whether the next string is a member name. */
  #isName = false;

  constructor(options: JsonSplitterOptions) {
    this.#options = options;
    this.#rest = Buffer.allocUnsafe(options.limitBytes);
  }

  write(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#long === undefined) at = this.#readRest(bytes, at);
      else {
        at = this.#long.read(bytes, at);
        if (this.#long.isDone) this.#long = undefined;
      }
    }
  }

  /** Returns the document with `[]` in place of its long arrays. */
  end(): unknown {
    if (this.#long !== undefined) throw new JsonTextError('it ends in the middle of an array');
    return parse(this.#rest.subarray(0, this.#restLength));
  }

  /** @returns position where the rest stops: the end of the bytes, or after the opening bracket of a long array */
  #readRest(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      this.#keep(byte);
      if (this.#isInString) this.#readString(byte);
      else if (byte === quote) this.#beginString();
      else if (byte === openObject) this.#open(false);
      else if (byte === closeObject) this.#frames.pop();
      else if (byte === closeArray) this.#frames.pop();
      else if (byte === comma) this.#nextElement();
      else if (byte === colon) this.#isName = false;
      else if (byte === openArray && this.#openArray()) return at + 1;
    }
    return bytes.length;
  }

  #keep(byte: number): void {
    if (this.#restLength === this.#rest.length) {
      throw new JsonTextError(`it has more than ${this.#rest.length} bytes besides its long arrays`);
    }
    this.#rest[this.#restLength] = byte;
    this.#restLength += 1;
  }

  #beginString(): void {
    this.#isInString = true;
    this.#stringAt = this.#restLength;
  }

  #readString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === backslash) this.#isEscaped = true;
    else if (byte === quote) {
      this.#isInString = false;
      const frame = this.#frames.at(-1);
      if (this.#isName && frame !== undefined)
        frame.step = String(parse(this.#rest.subarray(this.#stringAt - 1, this.#restLength)));
    }
  }

  #open(isArray: boolean): void {
    if (this.#frames.length === deepest) throw new JsonTextError(`its values are nested more than ${deepest} deep`);
    this.#frames.push({ isArray, step: isArray ? 0 : '' });
    this.#isName = !isArray;
  }

  #nextElement(): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return;
    if (typeof frame.step === 'number') frame.step += 1;
    this.#isName = !frame.isArray;
  }

  /** @returns whether the array is a long one, which `LongArrayReader` continues to read */
  #openArray(): boolean {
    const path = this.#frames.map(({ step }) => step);
    const long = this.#options.longArray(path);
    if (long === undefined) {
      this.#open(true);
      return false;
    }
    this.#keep(closeArray);
    this.#long = new LongArrayReader(long, path);
    return true;
  }
}
