import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorCode } from './errors.js';
import { isPortFree } from './ports.js';

/** What the preflight asks of the machine; a test passes its own. */
export interface Machine {
  /** What the command prints, or undefined where it is not installed. */
  output(command: string, args: readonly string[]): Promise<string | undefined>;
  availableMemoryBytes(): number;
  /** Of the file system that holds the path, which need not exist yet. */
  freeDiskBytes(path: string): Promise<number>;
  isPortFree(port: number): Promise<boolean>;
}

export const thisMachine: Machine = {
  output: (command, args) =>
    new Promise((resolve) => {
      execFile(command, [...args], { timeout: 20_000 }, (error, stdout, stderr) => {
        // A program that exists but fails (a stub that asks to install Java) is as good as none.
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
