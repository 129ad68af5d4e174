/** What happened in a simulation, as a hash and, on demand, as lines. The same seed gives the same hash. */
export interface Trace {
  add(line: string): void;
  /** Eight hex digits. */
  readonly hash: string;
  /** Empty unless the lines are kept. */
  readonly lines: readonly string[];
}

/** @param elapsedMs time since the start of the simulation (ms) */
export function createTrace(elapsedMs: () => number, keepLines: boolean): Trace {
  let hash = 0x811c9dc5;
  const lines: string[] = [];
  return {
    add(line) {
      const text = `${Math.round(elapsedMs())} ${line}`;
      // FNV-1a, 32 bits.
      for (let index = 0; index < text.length; index += 1)
        hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
      if (keepLines) lines.push(text);
    },
    get hash() {
      return hash.toString(16).padStart(8, '0');
    },
    lines,
  };
}
