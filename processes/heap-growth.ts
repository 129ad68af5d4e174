import { setFlagsFromString } from 'node:v8';

/**
 * Lets the heap of this process grow to more than what lives in it before V8 marks it. Where little lives (30 MiB of
 * code, mostly),
 * V8 leaves 12 MiB to grow, of which the bytes of photos in buffers are a part: a process that is not in a hurry then
 * marked its
 * whole heap for every second or third photo, 40 ms of its main thread each time (seen with --trace-gc and
 * --trace-incremental-marking, Node 20).
 *
 * @param percent of what lives; the most that is garbage at a time
 */
export function letHeapGrow(percent: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}
