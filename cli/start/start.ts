import { setTimeout as delay } from 'node:timers/promises';
import { withAdmin } from '../../runtime/kafka/topics/admin.js';
import { fetchLag, totalLag } from '../../runtime/kafka/lag/lag.js';
import { sinkGroup } from '../../topology/groups.js';
import type { PhotoTags } from '../tag/tag-transport.js';
import { FanlightError } from '../../schemas/failure.js';
import { topics } from '../../schemas/topics.js';
import { kafkaTransport } from '../tag/kafka-transport.js';
import { withClient, type DeploymentClient } from '../client/deployment-client.js';
import { expandInputs } from '../tag/photo-inputs.js';
import { renderTable } from '../tag/result-table.js';
import { runTagging, type PhotoResult } from '../tag/tag-run.js';
import { readRecord } from '../../local/deployment-record.js';
import { openImageStore } from '../../processes/pipeline-ports.js';
import { samplePhotos } from '../samples/sample-photos.js';
import { describePlaces } from '../../local/places.js';
import { countInStores, type StoreCounts } from './stores.js';
import { bringUpWithProgress } from '../../local/up.js';
import { waitForSignal } from '../../local/stop-signal.js';

export interface StartOptions {
  readonly once: boolean;
  readonly photos?: string;
}

/** Upper bound of the wait until the stores show the results (ms). */
const storePatienceMs = 60_000;

/**
 * `npm start`: starts everything, tags photos, prints a table, checks that the stores have the results, and prints the
 * addresses. Uses the deployment that already runs here, if there is one, and leaves it running. Exits with 0 if every
 * photo was tagged and stored.
 */
export async function start(options: StartOptions, environment: NodeJS.ProcessEnv): Promise<number> {
  const begun = performance.now();
  const { asked, signal } = waitForSignal();
  const running = readRecord(environment);
  const deployment = running ? null : await bringUpWithProgress(environment, signal);
  const record = running ?? deployment?.record();
  if (!record) throw new Error('a started deployment must have a record');
  try {
    const shown = tagAndShow(options, { ...record.environment, ...environment }, signal, begun);
    const code = await (deployment ? Promise.race([shown, deployment.failed]) : shown);
    await deployment?.complete;
    process.stdout.write(`\n${describePlaces(record)}\n`);
    if (options.once || !deployment) return code;
    process.stdout.write('\nCtrl-C stops everything.\n');
    await Promise.race([asked, deployment.failed]);
    return code;
  } catch (error) {
    if (signal.aborted) return 130;
    throw error;
  } finally {
    await deployment?.stop();
  }
}

async function tagAndShow(
  { photos }: StartOptions,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
  begun: number,
): Promise<number> {
  return withClient('start', environment, async (client) => {
    const inputs = photos === undefined ? samplePhotos() : expandInputs([photos]);
    const results: PhotoResult[] = [];
    const { services, config } = client;
    await runTagging({
      transport: kafkaTransport({ services, images: openImageStore(config), lane: 'bulk', pipeline: null, signal }),
      inputs,
      concurrency: 8,
      timeoutMs: 300_000,
      clock: services.clock,
      signal,
      onResult: (result) => {
        if (results.length === 0)
          process.stderr.write(`first photo after ${((performance.now() - begun) / 1_000).toFixed(1)} s\n`);
        results.push(result);
      },
    });
    signal.throwIfAborted();
    process.stdout.write(`\n${renderTable(results)}\n`);
    const tagged = results.flatMap(({ outcome }) => (outcome.kind === 'tagged' ? [outcome.tags] : []));
    const stores = await waitForStores(tagged, client, environment, signal);
    const stored = Math.min(stores.s3, stores.solr, stores.redis) >= tagged.length;
    process.stdout.write(
      `\n${tagged.length} of ${results.length} photos tagged; stored: ${stores.s3} in S3, ${stores.solr} in Solr, ${stores.redis} in Redis.\n`,
    );
    return tagged.length === results.length && stored ? 0 : 1;
  });
}

/** Waits until the sinks have no lag, and then until the stores return the results. */
async function waitForStores(
  tagged: readonly PhotoTags[],
  { services }: DeploymentClient,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<StoreCounts> {
  const deadline = performance.now() + storePatienceMs;
  const distinct = [...new Map(tagged.map((tags) => [tags.imageId, tags])).values()];
  await withAdmin(services.kafka, async (admin) => {
    const lag = async () => {
      const lags = ['s3', 'solr', 'redis'].map((name) => fetchLag(admin, sinkGroup(name), [topics.imageTags('bulk')]));
      return (await Promise.all(lags)).reduce((sum, partitions) => sum + totalLag(partitions), 0);
    };
    while ((await lag()) > 0) {
      if (performance.now() > deadline) throw behind();
      await delay(200, undefined, { signal });
    }
  });
  for (;;) {
    const counts = await countInStores(distinct, environment);
    if (Math.min(counts.s3, counts.solr, counts.redis) >= distinct.length || performance.now() > deadline)
      return counts;
    await delay(200, undefined, { signal }); // Solr shows updates only after its next commit
  }
}

function behind(): FanlightError {
  return new FanlightError({
    code: 'sink-unavailable',
    message: `The sinks have not stored the results within ${storePatienceMs / 1_000} s.`,
    remedy: 'Look at `fanlight status` and at the logs of the sinks; the sinks keep trying.',
  });
}
