import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorCode } from './errors.js';
import { isPortFree } from './ports.js';

/** The machine as the preflight sees it. Tests pass their own. */
export interface Machine {
  /** Returns the output of the command, or undefined if it is not installed. */
  output(command: string, args: readonly string[]): Promise<string | undefined>;
  availableMemoryBytes(): number;
  /** Returns the free space of the file system of the path. The path need not exist yet. */
  freeDiskBytes(path: string): Promise<number>;
  isPortFree(port: number): Promise<boolean>;
}

export const thisMachine: Machine = {
  output: (command, args) =>
    new Promise((resolve) => {
      execFile(command, [...args], { timeout: 20_000 }, (error, stdout, stderr) => {
        // A program that exists but fails counts as missing, such as a stub that asks to install Java.
        resolve(error === null ? `${stdout}${stderr}` : undefined);
      });
    }),
  availableMemoryBytes: () => process.availableMemory(),
  freeDiskBytes: freeDiskBytesAt,
  isPortFree,
};

async function freeDiskBytesAt(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch (error) {
    const parent = dirname(path);
    if (systemErrorCode(error) !== 'ENOENT' || parent === path) throw error;
    return freeDiskBytesAt(parent);
  }
}
