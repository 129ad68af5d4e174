import { setFlagsFromString } from 'node:v8';

/**
 * Lets the heap of this process grow further before V8 marks it. With little live data (30 MiB, mostly code), V8 allows
 * 12 MiB of growth, and photos in buffers count towards it. A process under light load then marked its whole heap for
 * every second or third photo, which took 40 ms of its main thread each time (measured with --trace-gc and
 * --trace-incremental-marking, Node 20).
 *
 * @param percent allowed growth as a percentage of the live data, which is the upper bound of garbage
 */
export function letHeapGrow(percent: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}
