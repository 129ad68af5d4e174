import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startContainers } from './containers.js';
import { PARTS } from '../../local/servers/parts/all.js';
import type { PartName } from '../../local/servers/parts/part.js';
import { startPlatform, type Addresses } from '../../local/servers/platform.js';
import { FREE_PORTS } from '../../local/servers/port-numbers.js';
import { lines } from '../../local/servers/progress.js';

export interface TestPlatform {
  readonly kind: 'containers' | 'processes';
  readonly addresses: Addresses;
  stop(): Promise<void>;
}

export interface TestPlatformOptions {
  /** Default: all parts, including the optional ones. */
  readonly parts?: readonly PartName[];
  /** Receives the line with the kind of platform, and the slow steps of a first start. Default: standard error. */
  readonly log?: (line: string) => void;
}

/**
 * Starts real servers for tests, empty and on free ports: containers if a container engine runs, else the local
 * platform with its data in a temporary folder that `stop` removes.
 *
 * `FANLIGHT_TEST_PLATFORM=containers` or `=processes` overrides this choice.
 */
export async function provideTestPlatform(options: TestPlatformOptions = {}): Promise<TestPlatform> {
  const log = options.log ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const choice = process.env['FANLIGHT_TEST_PLATFORM'];
  if (choice !== 'processes') {
    const containers = await startContainers({ required: choice === 'containers', log });
    if (containers !== undefined) {
      log('test platform: containers');
      return { kind: 'containers', ...containers };
    }
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'fanlight-test-'));
  const remove = (): Promise<void> => rm(dataDir, { recursive: true, force: true });
  try {
    const platform = await startPlatform({
      dataDir,
      ports: FREE_PORTS,
      parts: options.parts ?? PARTS.map((part) => part.name),
      onProgress: lines(log),
      onExit: ({ message }) => log(message),
    });
    log(`test platform: local processes, data in ${dataDir}`);
    return {
      kind: 'processes',
      addresses: platform.addresses,
      async stop() {
        await platform.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
