import type { HeldMemory } from '../../http/bodies/memory.js';
import { ProblemError } from '../../http/problems/problem.js';
import type { InputOffer } from './model-offer.js';

type Datatype = InputOffer['datatype'];

const firstCapacity = 1_024;
const arrays = { UINT8: Uint8Array, FP32: Float32Array } as const;

export interface TensorValuesOptions {
  readonly memory: HeldMemory;
  /**
   * Datatype in which the numbers are kept: UINT8 when all inputs of the model are UINT8, otherwise FP32, which can
   * represent the values of both.
   */
  readonly datatype: Datatype;
  /** Upper bound of the number of values. A request with more is refused while it is read. */
  readonly most: number;
}

/** Collects the numbers of one tensor while they arrive. */
export class TensorValues {
  readonly #options: TensorValuesOptions;
  #values: Uint8Array | Float32Array;
  #length = 0;
  #flaw: 'no number' | 'no value of the datatype' | undefined;

  constructor(options: TensorValuesOptions) {
    this.#options = options;
    this.#values = new arrays[options.datatype](0);
  }

  /** Throws `invalid-request` above the upper bound, and `overloaded` when there is no memory for the values. */
  add(values: readonly unknown[], pointer: string): void {
    const length = this.#length + values.length;
    if (length > this.#options.most) throw tooMany(pointer, this.#options.most);
    if (length > this.#values.length) this.#grow(length);
    const isBytes = this.#options.datatype === 'UINT8';
    for (const value of values) {
      if (typeof value !== 'number') this.#flaw = 'no number';
      else {
        this.#values[this.#length] = value;
        // A byte preserves only whole numbers from 0 to 255.
        if (isBytes && this.#values[this.#length] !== value) this.#flaw ??= 'no value of the datatype';
      }
      this.#length += 1;
    }
  }

  get length(): number {
    return this.#length;
  }

  /** The kind of invalid value among the values; undefined when all are valid. */
  get flaw(): 'no number' | 'no value of the datatype' | undefined {
    return this.#flaw;
  }

  all(): Uint8Array | Float32Array {
    return this.#values.subarray(0, this.#length);
  }

  #grow(length: number): void {
    const { memory, datatype, most } = this.#options;
    const capacity = Math.min(most, Math.max(length, 2 * this.#values.length, firstCapacity));
    memory.take((capacity - this.#values.length) * this.#values.BYTES_PER_ELEMENT);
    const larger = new arrays[datatype](capacity);
    larger.set(this.#values.subarray(0, this.#length));
    this.#values = larger;
  }
}

function tooMany(pointer: string, most: number): ProblemError {
  return new ProblemError({
    code: 'invalid-request',
    detail: `${pointer} has more than ${most} values, which is more than any input of the model takes.`,
    remedy: 'Send as many values as the shape says, and split larger batches.',
  });
}
