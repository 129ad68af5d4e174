import type { Kernel } from '../geometry.js';

/** Fraction bits of the coefficients; must equal the shift in `kernels.wat`. */
const fractionBits = 14;

/** Weights that combine input samples into each output sample of one axis. */
export interface AxisWeights {
  /** First input sample of each output sample. */
  readonly starts: Int32Array;
  /** `taps` coefficients per output sample, in 1/16384. They sum to 16384. */
  readonly coefficients: Int16Array;
  readonly taps: number;
}

export interface Axis {
  /** Number of input samples. */
  readonly from: number;
  /** Number of output samples of the whole axis. */
  readonly to: number;
  /** First requested output sample; `count` is their number. */
  readonly offset: number;
  readonly count: number;
}

/**
 * Returns the weights of an anti-aliased resampling. When shrinking, the kernel is stretched by the scale. Sample
 * centres are at one half. The edge sample is repeated beyond the edge (as in libvips). `taps` is a multiple of `step`.
 */
export function axisWeights(axis: Axis, kernel: Kernel, step: number): AxisWeights {
  const key = `${axis.from} ${axis.to} ${axis.offset} ${axis.count} ${kernel} ${step}`;
  const known = recent.get(key);
  if (known !== undefined) return known;
  const weights = computeWeights(axis, kernel, step);
  if (recent.size >= recentLimit) recent.clear();
  recent.set(key, weights);
  return weights;
}

/**
 * Cache of weights, at most about 5 MB. Photos of one site have few sizes, and computing the weights takes a third of
 * the time of a resize.
 */
const recent = new Map<string, AxisWeights>();
const recentLimit = 256;

function computeWeights({ from, to, offset, count }: Axis, kernel: Kernel, step: number): AxisWeights {
  const { radius, table } = kernels[kernel];
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const support = radius * stretch;
  const taps = Math.ceil((Math.floor(2 * support) + 1) / step) * step;
  const starts = new Int32Array(count);
  const coefficients = new Int16Array(count * taps);
  const weights = new Float64Array(taps);
  for (let i = 0; i < count; i++) {
    const centre = (offset + i + 0.5) * scale - 0.5;
    const first = Math.ceil(centre - support);
    const last = Math.floor(centre + support);
    const start = Math.max(0, Math.min(first, from - taps));
    weights.fill(0);
    let sum = 0;
    for (let sample = first; sample <= last; sample++) {
      const weight = lookUp(table, Math.abs(sample - centre) / stretch);
      const tap = Math.max(0, Math.min(sample, from - 1)) - start;
      weights[tap] = (weights[tap] ?? 0) + weight;
      sum += weight;
    }
    starts[i] = start;
    quantise(weights, sum, coefficients.subarray(i * taps, (i + 1) * taps));
  }
  return { starts, coefficients, taps };
}

/**
 * Rounds the weights to integers with an exact sum; otherwise flat areas would change brightness. The largest tap
 * absorbs the rounding error.
 */
function quantise(weights: Float64Array, sum: number, target: Int16Array): void {
  const one = 1 << fractionBits;
  let rest = one;
  let largest = 0;
  for (let tap = 0; tap < weights.length; tap++) {
    const coefficient = Math.round(((weights[tap] ?? 0) / sum) * one);
    target[tap] = coefficient;
    rest -= coefficient;
    if (coefficient > (target[largest] ?? 0)) largest = tap;
  }
  target[largest] = (target[largest] ?? 0) + rest;
}

interface KernelTable {
  /** Radius in samples, before stretching. */
  readonly radius: number;
  readonly table: Float64Array;
}

/** Table entries per sample. With linear interpolation, the error is far below one part in 16384. */
const resolution = 512;

const kernels: Readonly<Record<Kernel, KernelTable>> = {
  lanczos3: tabulate(3, (x) => sinc(x) * sinc(x / 3)),
  // Catmull-Rom: Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -1/2.
  cubic: tabulate(2, (x) => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2)),
  linear: tabulate(1, (x) => 1 - x),
};

function tabulate(radius: number, kernel: (x: number) => number): KernelTable {
  const size = radius * resolution;
  const table = Float64Array.from({ length: size + 2 }, (_, i) => (i < size ? kernel(i / resolution) : 0));
  return { radius, table };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function lookUp(table: Float64Array, x: number): number {
  const position = x * resolution;
  const index = Math.min(Math.floor(position), table.length - 2);
  const below = table[index] ?? 0;
  return below + ((table[index + 1] ?? 0) - below) * (position - index);
}
