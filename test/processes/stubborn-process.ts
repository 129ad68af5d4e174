import { connect } from 'node:net';
import { endProcess } from '../../processes/process-end.js';
import { liveUntilStopped, type Lifetime } from '../../processes/lifetime.js';
import { announceReady } from '../../processes/ready-line.js';
import { startHealthServer } from '../../runtime/health-server.js';
import { createMetrics } from '../../runtime/metrics.js';
import { createLogger } from '../../processes/services.js';

/** A process as `fanlight worker` is one, with the fault that its first argument names. The second is a port. */
const [, , fault = 'none', port = '0'] = process.argv;
const logger = createLogger('stubborn', 'info');

async function start(lifetime: Lifetime): Promise<void> {
  const health = await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    notReady: () => null,
    metrics: createMetrics().registry,
  });
  lifetime.add({ name: 'the health server', close: health.close });
  lifetime.add({ name: 'the first part', close: () => logger.info('the first part is closed') });
  if (fault === 'open-socket') connect(Number(port), '127.0.0.1');
  if (fault === 'open-timer') setInterval(() => undefined, 60_000);
  if (fault === 'stuck-part')
    lifetime.add({ name: 'the stuck part', boundMs: 200, close: () => new Promise(() => undefined) });
  if (fault === 'slow-stop') lifetime.add({ name: 'the slow part', close: () => new Promise(() => undefined) });
  if (fault === 'failing-part')
    lifetime.add({ name: 'the broken part', close: () => Promise.reject(new Error('no broker')) });
  announceReady(health.port);
  if (fault === 'stuck-start') await new Promise(() => undefined);
  if (fault === 'failure') lifetime.fail(new Error('a model is missing'));
}

endProcess(await liveUntilStopped({ logger, start, boundMs: fault === 'slow-stop' ? 30_000 : 2_000 }), logger);
