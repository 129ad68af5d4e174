import pLimit from 'p-limit';
import { createS3ImageStore } from '../adapters/image-store/s3-image-store.js';
import { createS3Client } from '../adapters/s3-client.js';
import { createUrlFetcher } from '../adapters/url-fetcher/url-fetcher.js';
import { openCatalogue } from '../models/catalogue.js';
import { createModelHost } from '../models/host.js';
import { loadModel } from '../models/frameworks.js';
import { configureSharp } from '../processors/decoding/sharp-settings.js';
import type { Ports } from '../processors/ports.js';
import type { WorkerServices } from '../runtime/kafka/services.js';
import type { Slots } from '../topology/execute.js';
import { checkModels } from '../topology/check-models.js';
import type { Topology } from '../topology/topology.js';
import type { Config } from './config.js';
import { packagePath } from './package-root.js';

export function openImageStore(config: Config) {
  const client = createS3Client({
    ...(config.FANLIGHT_S3_ENDPOINT === undefined ? {} : { endpoint: config.FANLIGHT_S3_ENDPOINT }),
    region: config.FANLIGHT_S3_REGION,
    accessKeyId: config.FANLIGHT_S3_ACCESS_KEY_ID,
    secretAccessKey: config.FANLIGHT_S3_SECRET_ACCESS_KEY,
  });
  return createS3ImageStore({ client, bucket: config.FANLIGHT_IMAGE_BUCKET });
}

/** The real implementations of everything that operations reach. */
export function openPorts(config: Config, topology: Topology, { clock, metrics }: WorkerServices): Ports & { close(): Promise<void> } {
  const threads = config.FANLIGHT_THREADS;
  configureSharp({ threads: 1 });
  const catalogue = openCatalogue(packagePath('models', 'catalogue'));
  checkModels(topology, catalogue);
  const urls = createUrlFetcher({ allowAddresses: config.FANLIGHT_FETCH_ALLOW });
  const models = createModelHost({
    catalogue,
    load: (card, dir) => loadModel(card, dir, { threads, device: 'cpu' }),
    clock,
    lanes: new Map(topology.lanes.map((lane) => [lane.name, lane])),
    concurrency: 1,
    onBatch: (modelId, size, reason) => {
      metrics.batchSize.observe({ target: modelId }, size);
      metrics.batches.inc({ target: modelId, reason });
    },
  });
  return {
    clock,
    images: openImageStore(config),
    urls,
    models,
    async close() {
      await Promise.all([models.close(), urls.close()]);
    },
  };
}

/** CPU-bound stages get as many records at a time as the process has cores; models do their own batching. */
export function openSlots(threads: number): Slots {
  const io = pLimit(128);
  const cpu = pLimit(threads);
  return { io: (work) => io(work), cpu: (work) => cpu(work), gpu: (work) => work() };
}
