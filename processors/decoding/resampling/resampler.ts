import type { ResizePlan } from '../geometry.js';
import { kernelsBinary } from './kernels-binary.js';
import { axisWeights } from './weights.js';

/** RGB, 8 bits per channel: width × height × 3 bytes. */
export interface RawImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The exports of `kernels.wat`. Addresses and lengths are in bytes. */
interface Kernels {
  readonly memory: WasmMemory;
  verticalRow(source: number, stride: number, target: number, bytes: number, coefficients: number, pairs: number): void;
  horizontalRow(
    source: number,
    target: number,
    count: number,
    starts: number,
    coefficients: number,
    quads: number,
  ): void;
}

interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

// `WebAssembly` is a global of Node, but only the DOM library has its types, along with all browser globals.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

const channels = 3;
/** The kernels work on 16 bytes at a time and may access that many bytes beyond the end. */
const overrun = 16;
const pageBytes = 65_536;

/**
 * Resizes 8-bit RGB on the calling thread, without the set-up cost per call of a general image library. It holds one
 * WebAssembly memory, which grows to fit the largest image and never shrinks.
 */
export class Resampler {
  readonly #kernels: Kernels;
  /** The image at address 0. Consecutive resizes of one image copy it once. */
  #loaded = new WeakRef<Uint8Array>(new Uint8Array());

  constructor() {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(kernelsBinary, 'base64')));
    this.#kernels = exports as Kernels;
  }

  /** Returns the crop of `plan`, size[0] × size[1] × 3 bytes, in a new buffer. */
  resize(image: RawImage, plan: ResizePlan): Uint8Array {
    const [width, height] = plan.size;
    const rows = axisWeights({ from: image.height, to: plan.height, offset: plan.top, count: height }, plan.kernel, 2);
    const columns = axisWeights({ from: image.width, to: plan.width, offset: plan.left, count: width }, plan.kernel, 4);
    const stride = image.width * channels;
    // Only the columns that the crop depends on.
    const firstColumn = columns.starts[0] ?? 0;
    const endColumn = Math.min(image.width, (columns.starts[width - 1] ?? 0) + columns.taps);
    const bandBytes = (endColumn - firstColumn) * channels;

    const memory = new Layout();
    const imageAt = memory.reserve(Math.max(image.data.length, rows.taps * stride));
    const bandAt = memory.reserve(Math.max(bandBytes, columns.taps * channels));
    const targetAt = memory.reserve(width * height * channels);
    const rowCoefficientsAt = memory.reserve(rows.coefficients.byteLength);
    const columnCoefficientsAt = memory.reserve(columns.coefficients.byteLength);
    const columnStartsAt = memory.reserve(columns.starts.byteLength);
    const bytes = this.#bytes(memory.size);

    if (this.#loaded.deref() !== image.data) {
      bytes.set(image.data, imageAt);
      this.#loaded = new WeakRef(image.data);
    }
    bytes.set(asBytes(rows.coefficients), rowCoefficientsAt);
    bytes.set(asBytes(columns.coefficients), columnCoefficientsAt);
    bytes.set(asBytes(columns.starts.map((start) => (start - firstColumn) * channels)), columnStartsAt);

    const { verticalRow, horizontalRow } = this.#kernels;
    for (let y = 0; y < height; y++) {
      const source = imageAt + (rows.starts[y] ?? 0) * stride + firstColumn * channels;
      verticalRow(source, stride, bandAt, bandBytes, rowCoefficientsAt + y * rows.taps * 2, rows.taps / 2);
      const target = targetAt + y * width * channels;
      horizontalRow(bandAt, target, width, columnStartsAt, columnCoefficientsAt, columns.taps / 4);
    }
    return bytes.slice(targetAt, targetAt + width * height * channels);
  }

  #bytes(size: number): Uint8Array {
    const { memory } = this.#kernels;
    const missing = size - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
    return new Uint8Array(memory.buffer);
  }
}

/** Assigns consecutive areas, 16-byte aligned, each with space for the overrun of the kernels. */
class Layout {
  size = 0;

  reserve(bytes: number): number {
    const at = this.size;
    this.size += Math.ceil((bytes + overrun) / 16) * 16;
    return at;
  }
}

function asBytes({ buffer, byteOffset, byteLength }: Int16Array | Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
