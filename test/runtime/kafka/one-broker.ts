import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { startPlatform, type Platform } from '../../../local/servers/platform.js';
import type { PortNumbers } from '../../../local/servers/port-numbers.js';

/** Returns a function that starts a broker for this test alone, on given ports. It keeps its data over restarts. */
export function oneBroker(name: string): (ports: Partial<PortNumbers>) => Promise<Platform> {
  let dataDir: string;
  let platform: Platform | undefined;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), `fanlight-${name}-`));
  });
  afterAll(async () => {
    await platform?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return async function startBroker(ports) {
    platform = await startPlatform({ dataDir, ports, parts: ['kafka'] });
    return platform;
  };
}
