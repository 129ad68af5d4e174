import { startConsumption } from '../../runtime/consumption/loop.js';
import { startHealthServer } from '../../runtime/health-server.js';
import { startLagMonitor } from '../../runtime/kafka/lag/lag-monitor.js';
import type { WorkerServices } from '../../runtime/services.js';
import { asFanlightError } from '../../schemas/failure.js';
import { fanlightTopology } from '../../topology/main.js';
import { announceReady } from '../ready-line.js';
import { readConfig } from '../config.js';
import { giveWay } from '../scheduling-priority.js';
import { letHeapGrow } from '../heap-growth.js';
import { openServices } from '../services.js';
import { stopWithSupervisor } from '../supervision.js';
import { chooseLanes, chooseRole, plansOf } from './call.js';
import { processName } from './process-name.js';

/** Longest drain (ms): records that are not finished by then are handed back. */
const drainMs = 7_000;

/**
 * POSIX niceness of roles without photos, such as sinks and retries, because no client waits for them. It is less than
 * that of bulk work, so that they keep up.
 */
const backgroundNiceness = 10;

/** Growth of the heap of a worker that handles photos (percent of its live data). */
const heapGrowth = 300;

export interface WorkerOptions {
  /** Comma-separated names. Default: all lanes. */
  readonly lanes?: string | undefined;
  /** Name of a dedicated queue. Default: the queue for clients that have none. */
  readonly queue?: string | undefined | null;
}

/**
 * Runs one role until SIGTERM. Exit codes: 0 after a drain, 1 after a fatal failure, 2 for a wrong call.
 *
 * @param name name of the role: a stage, `share`, `retry`, `jobs`, `callbacks` or a sink
 */
export async function runWorker(
  name: string,
  { lanes: laneList, queue = null }: WorkerOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const config = readConfig(environment);
  const topology = fanlightTopology(config.FANLIGHT_PLACEMENT, config.FANLIGHT_DEDICATED);
  const lanes = chooseLanes(laneList, topology);
  const plans = plansOf(name, lanes, queue, topology);
  const role = chooseRole(name, lanes, topology);
  if (role.handlesPhotos) letHeapGrow(heapGrowth);

  let stop: (error?: unknown) => void = () => undefined;
  const stopped = new Promise<unknown>((resolve) => (stop = resolve));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop());
  stopWithSupervisor(() => stop());

  const services = await openServices(processName({ name, lanes, queue }), config, (error) => stop(error));
  const { logger, metrics, kafka, clock } = services;
  const { consumptions, close } = await role.open({
    name,
    lanes,
    queue,
    plans,
    topology,
    config,
    services,
    environment,
  });
  const consumers = await Promise.all(consumptions.map((consumption) => startConsumption(consumption, services)));
  const patienceMs = config.FANLIGHT_STALL_SECONDS * 1_000;
  const monitor = await startLagMonitor({ kafka, clock, metrics, logger, consumers, everyMs: 10_000, patienceMs });
  const health = await startHealthServer({
    host: config.FANLIGHT_HTTP_HOST,
    port: config.FANLIGHT_HTTP_PORT,
    metrics: metrics.registry,
    notReady() {
      const waiting = consumers.find(({ ready }) => !ready);
      return waiting === undefined ? null : `the consumer of ${waiting.group} has not joined its group`;
    },
  });
  // The worker has the usual priority until it is ready, because its lanes have to wait for it until then.
  const scheduling = await giveWay(
    role.handlesPhotos ? Math.min(...lanes.map(({ niceness }) => niceness)) : backgroundNiceness,
  );
  logger.info({ stage: name, lanes: lanes.map((lane) => lane.name), port: health.port, scheduling }, 'ready');
  announceReady(health.port);

  const failure = await stopped;
  if (failure !== undefined) reportFatal(services, failure);
  await monitor.stop();
  await Promise.all(consumers.map((consumer) => consumer.stop(failure === undefined ? drainMs : 0)));
  await close();
  await services.close();
  await health.close();
  logger.info({ stage: name }, 'stopped');
  return failure === undefined ? 0 : 1;
}

function reportFatal({ logger }: WorkerServices, failure: unknown): void {
  const error = asFanlightError(failure);
  logger.fatal({ code: error.code, remedy: error.remedy, err: error.cause ?? error }, error.message);
}
