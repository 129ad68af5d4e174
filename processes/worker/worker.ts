import { startConsumption } from '../../runtime/consumption/loop.js';
import { startHealthServer } from '../../runtime/health-server.js';
import { startLagMonitor } from '../../runtime/kafka/lag/lag-monitor.js';
import type { RunningConsumer } from '../../runtime/kafka/consumer/consumer.js';
import { fanlightTopology } from '../../topology/main.js';
import { announceReady } from '../ready-line.js';
import { readConfig } from '../config.js';
import { giveWay } from '../scheduling-priority.js';
import { letHeapGrow } from '../heap-growth.js';
import { allEnded, liveUntilStopped, type Lifetime } from '../lifetime.js';
import { createLogger, openServices } from '../services.js';
import { chooseLanes, chooseRole, plansOf } from './call.js';
import { processName } from './process-name.js';

/** Longest drain (ms): records that are not finished by then are handed back. */
const drainMs = 7_000;

/** Longest time after the drain (ms) for the last commit and for leaving the group. */
const leaveMs = 800;

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

  const fullName = processName({ name, lanes, queue });
  const logger = createLogger(fullName, config.FANLIGHT_LOG_LEVEL);

  async function start(lifetime: Lifetime): Promise<void> {
    const services = await openServices(fullName, config, lifetime.fail, 'always');
    lifetime.add({ name: 'the producer', close: services.close });
    const { metrics, kafka, clock } = services;
    const consumers: RunningConsumer[] = [];
    let joining = true;
    const health = await startHealthServer({
      host: config.FANLIGHT_HTTP_HOST,
      port: config.FANLIGHT_HTTP_PORT,
      metrics: metrics.registry,
      notReady() {
        if (joining) return 'the worker is starting';
        const waiting = consumers.find(({ ready }) => !ready);
        return waiting === undefined ? null : `the consumer of ${waiting.group} is not a member of its group`;
      },
    });
    lifetime.add({ name: 'the health server', close: health.close });
    const opened = await role.open({ name, lanes, queue, plans, topology, config, services, environment });
    lifetime.add({ name: `the role ${name}`, close: opened.close });
    const monitors: { stop(): Promise<void> }[] = [];
    lifetime.add({
      name: 'the consumers',
      boundMs: drainMs + leaveMs,
      close: ({ kind }) =>
        // The drain does not wait for the monitor, which a broker without an answer may block.
        allEnded([
          ...monitors.map((monitor) => monitor.stop()),
          ...consumers.map((consumer) => consumer.stop(kind === 'order' ? drainMs : 0)),
        ]),
    });
    await Promise.all(
      opened.consumptions.map(async (consumption) => consumers.push(await startConsumption(consumption, services))),
    );
    joining = false;
    const patienceMs = config.FANLIGHT_STALL_SECONDS * 1_000;
    const recordMs = config.FANLIGHT_RECORD_SECONDS * 1_000;
    const limits = { everyMs: 10_000, patienceMs, recordMs };
    monitors.push(
      await startLagMonitor({ kafka, clock, metrics, logger, consumers, ...limits, onFatal: lifetime.fail }),
    );
    // The worker has the usual priority until it is ready, because its lanes have to wait for it until then.
    const scheduling = await giveWay(
      role.handlesPhotos ? Math.min(...lanes.map(({ niceness }) => niceness)) : backgroundNiceness,
    );
    logger.info({ stage: name, lanes: lanes.map((lane) => lane.name), port: health.port, scheduling }, 'ready');
    announceReady(health.port);
  }

  return liveUntilStopped({ logger, start });
}
