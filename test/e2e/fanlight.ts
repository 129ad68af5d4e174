import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeploymentRecord } from '../../local/deployment-record.js';

const root = join(import.meta.dirname, '..', '..');
const program = join(root, 'dist', 'cli', 'main.js');

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A separate deployment with its own data and ports, which runs the built program. */
export interface Fanlight {
  readonly folder: string;
  run(...args: string[]): Promise<Run>;
  lines(...args: string[]): Promise<{ readonly code: number; readonly objects: Record<string, unknown>[] }>;
  record(): DeploymentRecord;
  /** Runs a command; calls `onLine` for each line of standard output. Resolves with the exit code. */
  follow(args: readonly string[], onLine: (line: string) => void): Promise<number>;
  remove(): Promise<void>;
}

export async function createFanlight(extra: Record<string, string> = {}): Promise<Fanlight> {
  const folder = mkdtempSync(join(tmpdir(), 'fanlight-e2e-'));
  const parts = ['KAFKA', 'KAFKA_CONTROLLER', 'REGISTRY', 'REDIS', 'SINK_REDIS', 'S3', 'SOLR'];
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...Object.fromEntries(parts.map((part) => [`FANLIGHT_${part}_PORT`, '0'])),
    FANLIGHT_STATE_DIR: join(folder, 'state'),
    FANLIGHT_GATEWAY_PORT: String(await freePort()),
    NODE_NO_WARNINGS: '1',
    ...extra,
  };

  function run(...args: string[]): Promise<Run> {
    return new Promise((resolve) => {
      execFile(process.execPath, [program, ...args], { env, maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
      });
    });
  }

  return {
    folder,
    run,
    async lines(...args) {
      const { code, stdout, stderr } = await run(...args);
      if (stdout === '') throw new Error(`fanlight ${args.join(' ')} printed nothing: ${stderr}`);
      return {
        code,
        objects: stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Record<string, unknown>),
      };
    },
    record: () => JSON.parse(readFileSync(join(folder, 'state', 'deployment.json'), 'utf8')) as DeploymentRecord,
    async follow(args, onLine) {
      const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
      let rest = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        lines.forEach(onLine);
      });
      const [code] = (await once(child, 'close')) as [number | null];
      return code ?? 1;
    },
    async remove() {
      await run('down');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
