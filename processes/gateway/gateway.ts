import { getHeapStatistics } from 'node:v8';
import { createGateway } from '../../gateway/app.js';
import { createRedisAnswers } from '../../gateway/idempotency/redis-answers.js';
import { answerBounds, limitsFor, streamBounds } from '../../gateway/limits-setting.js';
import { serveHttp } from '../../http/server.js';
import { createTagger } from '../../runtime/replies/tagger.js';
import { fanlightTopology } from '../../topology/main.js';
import { announceReady } from '../ready-line.js';
import { browserAccess } from './browser-access.js';
import { readConfig } from '../config.js';
import { letHeapGrow } from '../heap-growth.js';
import { openClients } from './clients.js';
import { openJobs } from '../jobs.js';
import { openInference } from './models.js';
import { openImageStore } from '../pipeline-ports.js';
import { openRedis, redisPrefix } from '../redis.js';
import { allEnded, liveUntilStopped, type Lifetime } from '../lifetime.js';
import { createLogger, openServices } from '../services.js';
import { pipelineOffers } from './pipeline-offers.js';
import { watchRealtime } from './realtime-watch.js';

const graceMs = 7_000;

/** Longest time (ms) for leaving the groups of the gateway and deleting them. */
const leaveMs = 2_000;

/** Longest time (ms) for ending a connection to the brokers. */
const disconnectMs = 1_000;

/** Growth of the heap (percent of its live data). Less than in workers, because a gateway should stay small. */
const heapGrowth = 100;

const name = 'gateway';

/** Serves the gateway until SIGTERM. Exit codes: 0 after a drain, 1 after a fatal failure. */
export async function runGateway(environment: NodeJS.ProcessEnv): Promise<number> {
  const config = readConfig(environment);
  letHeapGrow(heapGrowth);
  const limits = limitsFor(getHeapStatistics().heap_size_limit, config.FANLIGHT_GATEWAY_LIMITS);
  const topology = fanlightTopology(config.FANLIGHT_PLACEMENT, config.FANLIGHT_DEDICATED);

  async function start(lifetime: Lifetime): Promise<void> {
    const services = await openServices(name, config, lifetime.fail, 'when-reading');
    lifetime.add({ name: 'the producer', boundMs: disconnectMs, close: services.close });
    const { logger, clock, metrics, randomHex } = services;
    const realtime = await watchRealtime(topology, services, limits.imagesInFlight);
    lifetime.add({ name: 'the watch of realtime', boundMs: disconnectMs, close: realtime.stop });
    const redis = openRedis(config, logger);
    lifetime.add({ name: 'Redis', close: () => redis?.disconnect() });
    const clients = config.FANLIGHT_GATEWAY_AUTH === 'keys' ? openClients(redis, services) : undefined;
    lifetime.add({ name: 'the limits of clients', close: () => clients?.close() });
    const [tagger, models, opened] = await Promise.all([
      createTagger({ ...services, onOutcome: realtime.images.onOutcome }),
      openInference(topology, services, realtime.models),
      redis && openJobs(config, redis, services, environment),
    ]);
    lifetime.add({
      name: 'the replies',
      boundMs: leaveMs,
      close: () => allEnded([tagger.close(), models?.client.close(), opened?.close()]),
    });
    const app = createGateway({
      tagger,
      clock,
      pipelines: pipelineOffers(topology),
      limits,
      ...(models === undefined ? {} : { models }),
      images: openImageStore(config),
      admission: realtime.images.admission,
      ...(redis === undefined || opened === undefined
        ? {}
        : {
            jobs: { ...opened.jobs, streams: streamBounds(limits) },
            answers: createRedisAnswers({
              redis,
              prefix: redisPrefix,
              randomHex,
              metrics: metrics.registry,
              bounds: answerBounds(limits),
            }),
          }),
      ...(clients === undefined ? {} : { guard: clients.guard }),
      ...browserAccess(config),
      metrics: metrics.registry,
      logger,
      randomHex,
    });
    // The first request for such a page renders it, which would delay all other requests.
    for (const page of ['/openapi.json', '/docs']) await app.request(page);
    const server = await serveHttp(app, {
      port: config.FANLIGHT_HTTP_PORT,
      host: config.FANLIGHT_HTTP_HOST,
      limits,
      metrics: metrics.registry,
    });
    lifetime.add({ name: 'the HTTP server', close: () => server.close(graceMs) });
    logger.info({ port: server.port, auth: config.FANLIGHT_GATEWAY_AUTH }, 'ready');
    announceReady(server.port);
  }

  return liveUntilStopped({ logger: createLogger(name, config.FANLIGHT_LOG_LEVEL), start });
}
