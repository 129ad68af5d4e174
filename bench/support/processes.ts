import { readFileSync } from 'node:fs';
import type { ProcessRecord } from '../../local/deployment-record.js';

export interface Usage {
  readonly name: string;
  /** User and system time; NaN if the process has ended or the system has no /proc. */
  readonly cpuSeconds: number;
  readonly rssMiB: number;
}

/** Kernel clock ticks per second; 100 on every Linux that Node runs on. */
const ticks = 100;

export function usageOf(processes: readonly Pick<ProcessRecord, 'name' | 'pid'>[]): Usage[] {
  return processes.map(({ name, pid }) => ({ name, ...readUsage(pid) }));
}

function readUsage(pid: number): { cpuSeconds: number; rssMiB: number } {
  try {
    // The command name may hold spaces: fields are counted from its closing parenthesis (proc_pid_stat(5)).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticks,
      rssMiB: Math.round((pages * 4096) / 2 ** 20),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { cpuSeconds: NaN, rssMiB: NaN };
    throw error;
  }
}

/** Returns the CPU seconds used between two readings, largest first. */
export function usedBetween(before: readonly Usage[], after: readonly Usage[]): Usage[] {
  return after
    .map(({ name, cpuSeconds, rssMiB }) => ({
      name,
      rssMiB,
      cpuSeconds: cpuSeconds - (before.find((usage) => usage.name === name)?.cpuSeconds ?? 0),
    }))
    .sort((a, b) => b.cpuSeconds - a.cpuSeconds);
}
