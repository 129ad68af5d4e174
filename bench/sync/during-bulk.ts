import type { DeploymentClient } from '../../cli/client/deployment-client.js';
import { bulkRun } from '../support/bulk-run.js';
import type { SyncClient, SyncLatency } from './sync-load.js';

interface Bulk {
  readonly client: DeploymentClient;
  readonly pipeline: string;
  readonly urls: readonly string[];
  readonly run: string;
}

/**
 * Measures synchronous requests once a bulk run is busy; resolves when both have ended.
 *
 * @throws if the bulk run ended before the requests, because some were then answered without bulk load
 */
export async function measureDuringBulk(
  sync: SyncClient,
  load: { readonly requests: number; readonly perSecond: number },
  bulk: Bulk,
): Promise<SyncLatency> {
  const { client, pipeline, urls, run } = bulk;
  let working = true;
  let begin: () => void = () => undefined;
  const underWay = new Promise<void>((resolve) => (begin = resolve));
  const ended = bulkRun(client, { pipeline, urls, run, onUnderWay: begin }).finally(() => (working = false));
  await Promise.race([underWay, ended]);
  const during = await sync.measure(load);
  if (!working)
    throw new Error(
      `the bulk run of ${urls.length} photos ended before ${load.requests} requests were answered: use more photos`,
    );
  await ended;
  return during;
}
