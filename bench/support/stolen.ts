import { existsSync, readFileSync } from 'node:fs';

/** CPU steal: time during which the host ran other machines although this virtual machine wanted the core. */
export interface Stolen {
  readonly ticks: number;
  /** All ticks of all cores in the same period. */
  readonly of: number;
}

/** @returns a function that returns the steal since this call, by proc_stat(5); zero if the system has no /proc/stat */
export function stolenShare(): () => Stolen {
  const before = read();
  return () => {
    const after = read();
    return { ticks: after.ticks - before.ticks, of: after.of - before.of };
  };
}

function read(): Stolen {
  if (!existsSync('/proc/stat')) return { ticks: 0, of: 0 };
  // user, nice, system, idle, iowait, irq, softirq, steal. The two fields after steal are parts of user and nice.
  const ticks = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/).slice(1, 9).map(Number);
  return { ticks: ticks[7] ?? 0, of: ticks.reduce((sum, value) => sum + value, 0) };
}

export function percentOf({ ticks, of }: Stolen): string {
  return `${of === 0 ? 0 : Math.round((100 * ticks) / of)} %`;
}
