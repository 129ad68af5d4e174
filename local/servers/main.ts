import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from './errors.js';
import { startPlatform } from './platform.js';
import { FREE_PORTS } from './port-numbers.js';
import { showProgress } from './progress.js';

const USAGE = `Starts Kafka, the schema registry, two Redis servers, an S3 store and Solr until Ctrl-C.
Prints their addresses as JSON on standard output once all of them answer.

  --data DIR     keep data in DIR between runs (default: a temporary folder, removed at the end)
  --free-ports   use free ports instead of the fixed ones
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      'free-ports': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const temporary = values.data === undefined ? await mkdtemp(join(tmpdir(), 'fanlight-platform-')) : undefined;
  const abort = new AbortController();
  const asked = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        abort.abort(new Error(`stopped by ${signal}`));
        resolve();
      });
    }
  });
  try {
    const begun = performance.now();
    const platform = await startPlatform({
      dataDir: values.data ?? temporary ?? '',
      ...(values['free-ports'] ? { ports: FREE_PORTS } : {}),
      onProgress: showProgress(process.stderr),
      onExit: ({ message }) => process.stderr.write(`${message}\n`),
      signal: abort.signal,
    });
    process.stdout.write(`${JSON.stringify({ ...platform.addresses, pids: platform.pids }, null, 2)}\n`);
    process.stderr.write(
      `ready after ${((performance.now() - begun) / 1000).toFixed(1)} s; Ctrl-C stops all servers\n`,
    );
    await asked;
    await platform.stop();
  } finally {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
});
