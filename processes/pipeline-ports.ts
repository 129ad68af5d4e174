import { createS3ImageStore } from '../adapters/image-store/s3-image-store.js';
import { createS3Client, type S3ClientOptions } from '../adapters/s3-client.js';
import { createRedisOutputCache } from '../adapters/output-cache/redis-output-cache.js';
import { createUrlFetcher } from '../adapters/url-fetcher/url-fetcher.js';
import { openCatalogue } from '../models/catalogue.js';
import { defaultAliasRoutes } from '../models/aliases.js';
import { createModelHost, type RunningHost } from '../models/host.js';
import { createModelRouter, type ModelRouter } from '../models/router.js';
import type { DeviceKind } from '../models/device.js';
import { executionOf, loadModel } from '../models/frameworks.js';
import { createSlots } from '../primitives/slots.js';
import { configureSharp } from '../processors/decoding/sharp-settings.js';
import type { Ports } from '../processors/ports.js';
import type { WorkerServices } from '../runtime/services.js';
import type { Slots } from '../runtime/stages/runner.js';
import { checkModels, problemsBehind } from '../topology/model-checks.js';
import type { StagePlan, Topology } from '../topology/topology.js';
import type { Config } from './config.js';
import { logUnreachable } from './unreachable-log.js';
import { packagePath } from '../primitives/package-root.js';
import { recordShadow } from './shadow-recorder.js';

export function openS3(config: Config, patience: S3ClientOptions['patience'] = 'worker') {
  return createS3Client({
    ...(config.FANLIGHT_S3_ENDPOINT === undefined ? {} : { endpoint: config.FANLIGHT_S3_ENDPOINT }),
    region: config.FANLIGHT_S3_REGION,
    accessKeyId: config.FANLIGHT_S3_ACCESS_KEY_ID,
    secretAccessKey: config.FANLIGHT_S3_SECRET_ACCESS_KEY,
    patience,
  });
}

export function openImageStore(config: Config) {
  return createS3ImageStore({ client: openS3(config), bucket: config.FANLIGHT_IMAGE_BUCKET });
}

export interface OpenedPorts extends Ports {
  readonly models: ModelRouter;
  readonly host: RunningHost;
  close(): Promise<void>;
}

export interface PipelinePortsOptions {
  readonly config: Config;
  readonly topology: Topology;
  /** Groups that the process runs. */
  readonly plans: readonly StagePlan[];
  readonly services: WorkerServices;
  /** Device on which models compute. */
  readonly device: DeviceKind;
}

/** Opens the real implementations of all ports of operations. */
export function openPorts({ config, topology, plans, services, device }: PipelinePortsOptions): OpenedPorts {
  const { clock, metrics, logger } = services;
  const { FANLIGHT_THREADS: cores, FANLIGHT_MODEL_INSTANCES: instances } = config;
  configureSharp({ threads: 1 });
  const catalogue = openCatalogue(packagePath('models', 'catalogue'));
  checkModels(topology, { ...catalogue, aliases: defaultAliasRoutes });
  for (const { code, message, remedy } of catalogue.problems.values()) logger.error({ code, remedy }, message);
  const urls = createUrlFetcher({
    allowAddresses: config.FANLIGHT_FETCH_ALLOW,
    onUnreachable: logUnreachable(services),
  });
  const host = createModelHost({
    catalogue,
    load: (card, dir, execution) =>
      loadModel(card, dir, { threads: execution.cores, instances: execution.instances, device }),
    executionOf: (card) => executionOf(card, { cores, instances }),
    clock,
    lanes: new Map(topology.lanes.map((lane) => [lane.name, lane])),
    cores,
    ...(config.FANLIGHT_MODEL_MEMORY_MIB === undefined ? {} : { budgetMiB: config.FANLIGHT_MODEL_MEMORY_MIB }),
    pinned: pinnedModels(config, topology, plans),
    observer: {
      onBatch(modelId, size, reason) {
        metrics.batchSize.observe({ target: modelId }, size);
        metrics.batches.inc({ target: modelId, reason });
      },
      onLoaded(modelId, durationMs) {
        metrics.modelLoads.observe({ model: modelId }, durationMs / 1_000);
        metrics.modelsResident.set({ model: modelId }, 1);
        logger.info({ model: modelId, durationMs }, 'model loaded');
      },
      onUnloaded(modelId) {
        metrics.modelsResident.set({ model: modelId }, 0);
        logger.info({ model: modelId }, 'model unloaded');
      },
    },
  });
  const models = createModelRouter({
    host,
    routes: defaultAliasRoutes,
    incompatibilities: (alias, id) => problemsBehind(alias, id, topology, catalogue.models),
    onShadow: (answer) => recordShadow(answer, services),
  });
  const cache = openOutputCache(config, services);
  return {
    clock,
    images: openImageStore(config),
    urls,
    models,
    ...(cache ? { outputs: cache } : {}),
    host,
    async close() {
      await models.drain();
      await Promise.all([host.close(), urls.close(), cache?.close()]);
    },
  };
}

function openOutputCache(config: Config, { clock, metrics, logger }: WorkerServices) {
  const {
    FANLIGHT_OUTPUT_CACHE_URL: url,
    FANLIGHT_OUTPUT_CACHE_MAX_PHOTOS: maxPhotos,
    FANLIGHT_OUTPUT_CACHE_MAX_AGE_HOURS: hours,
  } = config;
  if (url === 'off') return undefined;
  return createRedisOutputCache({
    url,
    prefix: 'fl:',
    maxPhotos,
    maxAgeMs: Math.round(hours * 3_600_000),
    clock,
    onLookup(hits, misses) {
      metrics.cacheLookups.inc({ result: 'hit' }, hits);
      metrics.cacheLookups.inc({ result: 'miss' }, misses);
    },
    onFailure(error) {
      metrics.cacheFailures.inc();
      logger.debug({ error: error.message }, 'the output cache failed; computing all outputs');
    },
  });
}

/** Pinned models that the process may run. `default-pipeline` stands for the models of the default pipeline. */
function pinnedModels(
  { FANLIGHT_PINNED_MODELS: names }: Config,
  { pipelines, defaultPipeline }: Topology,
  plans: readonly StagePlan[],
): readonly string[] {
  const asked = new Set(
    names.flatMap((name) => (name === 'default-pipeline' ? (pipelines.get(defaultPipeline)?.models ?? []) : [name])),
  );
  return modelsRunBy(pipelines, plans).filter((id) => asked.has(id));
}

/** Models (exact versions and aliases) that operations of these plans run. */
export function modelsRunBy(pipelines: Topology['pipelines'], plans: readonly StagePlan[]): readonly string[] {
  const stages = new Set(plans.flatMap(({ members }) => members));
  const run = [...pipelines.values()].flatMap(({ nodes }) =>
    nodes.filter(({ stage }) => stages.has(stage)).flatMap(({ operation }) => operation.runs ?? []),
  );
  return [...new Set(run)];
}

/**
 * CPU-bound stages process as many records at a time as the process has cores. Models batch by themselves. Fetches
 * queue in the fetcher, separately for each host: photos of a host that hangs would otherwise occupy all slots.
 */
export function openSlots(threads: number): Slots {
  return { io: (work) => work(), cpu: createSlots(threads), gpu: (work) => work() };
}
