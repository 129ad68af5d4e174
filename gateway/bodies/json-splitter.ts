import { pointerOf } from '../problems/json-pointer.js';

/** What is wrong with a text that should be JSON, as the end of a sentence that names the text. */
export class JsonTextError extends Error {
  override readonly name = 'JsonTextError';
}

/** Where a value stands: names of members and positions in arrays, from the root on. */
export type JsonPath = readonly (string | number)[];

/** How the values of a long array are handed on. */
export interface LongArray {
  /**
   * `numbers`: the numbers in it, row-major, however deep they are nested. `elements`: its elements, whatever they are.
   */
  readonly holds: 'numbers' | 'elements';
  /** Of the text of one number or element. */
  readonly limitBytes: number;
  /** Gets values as they come, a few thousand at a time at most. What it throws ends the splitting. */
  onValues(values: readonly unknown[], path: JsonPath): void;
}

export interface JsonSplitterOptions {
  /** Of the document without its long arrays. */
  readonly limitBytes: number;
  /** The long array at that path; undefined where the array is part of the rest. */
  longArray(path: JsonPath): LongArray | undefined;
}

interface Frame {
  readonly isArray: boolean;
  /** Of a member, or position in an array. */
  step: string | number;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openArray = 0x5b;
const closeArray = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;
const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Arrays and objects inside each other. */
const deepest = 32;

/**
 * Takes a JSON document apart while it arrives: the values of its long arrays are handed on in portions, and the rest, with `[]` in
 * their place, is given at the end. So a document of any length takes little memory at a time. It finds the boundaries of values only;
 * `JSON.parse` reads each portion and the rest, and decides what is JSON. A document that it cannot read makes it throw `JsonTextError`.
 */
export class JsonSplitter {
  readonly #options: JsonSplitterOptions;
  readonly #rest: Buffer;
  #restLength = 0;
  readonly #frames: Frame[] = [];
  #long: LongReader | undefined;
  #isInString = false;
  #isEscaped = false;
  /** Where the last string of the rest begins, behind its quote, and whether it is the name of a member. */
  #stringAt = 0;
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

  /** The document with `[]` in place of its long arrays. */
  end(): unknown {
    if (this.#long !== undefined) throw new JsonTextError('it ends in the middle of an array');
    return parse(this.#rest.subarray(0, this.#restLength));
  }

  /** @returns where the rest stops: at the end of the bytes, or behind the bracket of a long array */
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
      if (this.#isName && frame !== undefined) frame.step = String(parse(this.#rest.subarray(this.#stringAt - 1, this.#restLength)));
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

  /** @returns whether the array is a long one, which the reader of long arrays reads on */
  #openArray(): boolean {
    const path = this.#frames.map(({ step }) => step);
    const long = this.#options.longArray(path);
    if (long === undefined) {
      this.#open(true);
      return false;
    }
    this.#keep(closeArray);
    this.#long = new LongReader(long, path);
    return true;
  }
}

/** Reads one long array, from behind its opening bracket to its closing one. */
class LongReader {
  readonly #array: LongArray;
  readonly #path: JsonPath;
  /** The text of a value that has not ended. */
  #pending: Uint8Array = new Uint8Array();
  #depth = 1;
  #isInString = false;
  #isEscaped = false;
  #hasBrackets = false;
  /** The last byte that is no white space; 0 before the first. */
  #last = 0;
  isDone = false;

  constructor(array: LongArray, path: JsonPath) {
    this.#array = array;
    this.#path = path;
  }

  /** @returns where it stops: at the end of the bytes, or behind the closing bracket */
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
    // Up to the last comma, without it.
    if (valueAt > 0) this.#hand(text.subarray(0, valueAt - 1));
    this.#pending = text.subarray(valueAt);
    return bytes.length;
  }

  /** Brackets are checked here, since `JSON.parse` does not see them. @returns what ends at the byte */
  #acceptNumbers(byte: number): 'value' | 'array' | undefined {
    if (isSpace(byte)) return undefined;
    const last = this.#last;
    this.#last = byte;
    if (byte === comma) {
      if (last === 0 || last === comma || last === openArray) throw this.#wrong('a value is missing in front of a comma');
      return 'value';
    }
    if (byte === openArray) {
      if (last !== 0 && last !== comma && last !== openArray) throw this.#wrong('a comma is missing in front of a bracket');
      if (this.#depth === deepest) throw this.#wrong(`its values are nested more than ${deepest} deep`);
      this.#depth += 1;
      this.#hasBrackets = true;
      return undefined;
    }
    if (byte === closeArray) {
      if (last === comma) throw this.#wrong('a value is missing behind a comma');
      this.#depth -= 1;
      return this.#depth === 0 ? 'array' : undefined;
    }
    if (last === closeArray) throw this.#wrong('a comma is missing behind a bracket');
    return undefined;
  }

  /** @returns what ends at the byte */
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
      if (last === comma) throw this.#wrong('a value is missing behind a comma');
      return 'array';
    } else if (byte === comma && this.#depth === 1) return 'value';
    return undefined;
  }

  #requireShort(length: number): void {
    if (length > this.#array.limitBytes) throw this.#wrong(`a value takes more than ${this.#array.limitBytes} bytes`);
  }

  #hand(text: Uint8Array): void {
    // Numbers stand behind each other however they are nested.
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

function decode(text: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(text);
}

function parse(text: Uint8Array): unknown {
  try {
    return JSON.parse(decode(text));
  } catch (error) {
    throw new JsonTextError((error as Error).message);
  }
}
