import { existsSync, readFileSync } from 'node:fs';

/** Time that a virtual machine wanted its cores and its host ran others on them. */
export interface Stolen {
  readonly ticks: number;
  /** Ticks of all cores in the same time. */
  readonly of: number;
}

/** @returns how much was stolen since, by proc_stat(5); nothing where the system does not say */
export function stolenShare(): () => Stolen {
  const before = read();
  return () => {
    const after = read();
    return { ticks: after.ticks - before.ticks, of: after.of - before.of };
  };
}

function read(): Stolen {
  if (!existsSync('/proc/stat')) return { ticks: 0, of: 0 };
  // user, nice, system, idle, iowait, irq, softirq, steal; the two behind them are parts of user and nice.
  const ticks = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/).slice(1, 9).map(Number);
  return { ticks: ticks[7] ?? 0, of: ticks.reduce((sum, value) => sum + value, 0) };
}

export function percentOf({ ticks, of }: Stolen): string {
  return `${of === 0 ? 0 : Math.round((100 * ticks) / of)} %`;
}
