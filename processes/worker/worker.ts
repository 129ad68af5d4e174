import { stopWithSupervisor } from '../supervised.js';
import { asFanlightError, FanlightError } from '../../schemas/failure.js';
import { isLaneName, laneNames, type LaneName } from '../../schemas/lanes.js';
import type { RunningConsumer } from '../../runtime/kafka/consumer.js';
import { followCancellations } from '../../runtime/kafka/cancellations.js';
import { startJobResults } from '../../runtime/kafka/job-results-worker.js';
import { startJobState } from '../../runtime/kafka/job-state-worker.js';
import { startLagMonitor } from '../../runtime/kafka/lag-monitor.js';
import { startRetryWorkers } from '../../runtime/kafka/retry-worker.js';
import type { WorkerServices } from '../../runtime/kafka/services.js';
import { startShareWorker } from '../../runtime/kafka/share-worker.js';
import { startSinkWorker } from '../../runtime/kafka/sink-worker.js';
import { startModelWorker } from '../../runtime/kafka/model-worker.js';
import { startStageWorker } from '../../runtime/kafka/stage-worker.js';
import { startHealthServer } from '../../runtime/health-server.js';
import { sinkCatalogue, sinkNamed } from '../../sinks/catalogue.js';
import { callbackSources, jobStateTopics, outcomeTopics, resultTopics } from '../../topology/groups.js';
import type { Lane } from '../../topology/lanes.js';
import { fanlightTopology } from '../../topology/main.js';
import { modelQueueOf } from '../../topology/model-queue.js';
import { shareStage, type StagePlan, type Topology } from '../../topology/topology.js';
import { chooseDevice, type Device } from '../../models/device.js';
import { probeDevice } from '../../models/onnx/probe-device.js';
import { announceReady } from '../announce-ready.js';
import { readConfig, type Config } from '../config.js';
import { controlModels } from './control-models.js';
import { giveWay } from '../give-way.js';
import { letHeapGrow } from '../heap-growth.js';
import { openCallbacksWorker } from './open-callbacks.js';
import { openJobStores } from '../open-jobs.js';
import { modelsRunBy, openPorts, openSlots } from '../open-ports.js';
import { noRedis, openRedis } from '../open-redis.js';
import { openServices } from '../open-services.js';

/** Longest drain, milliseconds: what is not finished by then is handed back. */
const drainMs = 7_000;

/** POSIX niceness of what no person waits for: sinks, retries, jobs. Less than that of bulk work, so that they keep up with it. */
const behindTheScenes = 10;

/** Percent of what lives in the heap of a worker that handles photos. */
const heapGrowth = 300;

/** What a consumer of a lane holds at most: records, and bytes of them. */
const windowOf = ({ window }: Lane) => ({ items: window, bytes: 128 * 2 ** 20 });

export interface WorkerOptions {
  /** Comma-separated; all by default. */
  readonly lanes?: string | undefined;
  /** Of a dedicated queue; by default the one for all who have none. */
  readonly queue?: string | undefined | null;
}

interface Started {
  readonly consumers: readonly { readonly consumer: RunningConsumer; readonly topics: readonly string[] }[];
  close(): Promise<void>;
}

/**
 * Runs one stage, `share`, the retry relay, what gathers the results of jobs, what delivers them to callbacks, or one sink
 * until SIGTERM. Exit codes: 0 after a drain, 1 after a fatal failure, 2 for a wrong call.
 */
export async function runWorker(stage: string, { lanes: laneList, queue = null }: WorkerOptions, environment: NodeJS.ProcessEnv): Promise<number> {
  const config = readConfig(environment);
  const topology = fanlightTopology(config.FANLIGHT_PLACEMENT, config.FANLIGHT_DEDICATED);
  const lanes = chooseLanes(laneList, topology);
  const plans = topology.plans.filter((plan) => plan.stage === stage && lanes.includes(plan.lane) && plan.queue === queue);
  if (queue !== null && plans.length === 0) throw noSuchQueue(stage, lanes, queue, topology);
  checkStage(stage, lanes, topology);
  const handlesPhotos = topology.stages.some(({ name }) => name === stage);
  if (handlesPhotos) letHeapGrow(heapGrowth);

  let stop: (error?: unknown) => void = () => undefined;
  const stopped = new Promise<unknown>((resolve) => (stop = resolve));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop());
  stopWithSupervisor(() => stop());

  const services = await openServices(roleOf(stage, lanes, queue), config, (error) => stop(error));
  const { logger, metrics, kafka, clock } = services;
  const started = await start(stage, lanes, queue, plans, topology, config, services, environment);
  const consumers = started.consumers.map(({ consumer }) => consumer);
  const monitor = await startLagMonitor({ kafka, clock, metrics, logger, consumers: started.consumers, everyMs: 10_000, patienceMs: config.FANLIGHT_STALL_SECONDS * 1_000 });
  const health = await startHealthServer({
    host: config.FANLIGHT_HTTP_HOST,
    port: config.FANLIGHT_HTTP_PORT,
    metrics: metrics.registry,
    notReady: () => consumers.find((consumer) => !consumer.ready)?.group.concat(' has not joined its group') ?? null,
  });
  // Not before: until it is ready, everybody waits for it.
  const scheduling = await giveWay(handlesPhotos ? Math.min(...lanes.map(({ niceness }) => niceness)) : behindTheScenes);
  logger.info({ stage, lanes: lanes.map((lane) => lane.name), port: health.port, scheduling }, 'ready');
  announceReady(health.port);

  const failure = await stopped;
  if (failure !== undefined) reportFatal(services, failure);
  await monitor.stop();
  await Promise.all(consumers.map((consumer) => consumer.stop(failure === undefined ? drainMs : 0)));
  await started.close();
  await services.close();
  await health.close();
  logger.info({ stage }, 'stopped');
  return failure === undefined ? 0 : 1;
}

function roleOf(stage: string, lanes: readonly Lane[], queue: string | null): string {
  return [stage, lanes.map(({ name }) => name).join('+'), ...(queue === null ? [] : [queue])].join('.');
}

function reportFatal({ logger }: WorkerServices, failure: unknown): void {
  const error = asFanlightError(failure);
  logger.fatal({ code: error.code, remedy: error.remedy, err: error.cause ?? error }, error.message);
}

async function start(
  stage: string,
  lanes: readonly Lane[],
  queue: string | null,
  plans: readonly StagePlan[],
  topology: Topology,
  config: Config,
  services: WorkerServices,
  environment: NodeJS.ProcessEnv,
): Promise<Started> {
  if (stage === 'retry') {
    const relays = await Promise.all(lanes.map((lane) => startRetryWorkers(lane, services)));
    return { consumers: relays.flat().map(relayed), close: () => Promise.resolve() };
  }
  if (stage === 'callbacks') {
    const { deliveries, relays, close } = await openCallbacksWorker(config, services, environment);
    return { consumers: [{ consumer: deliveries, topics: callbackSources }, ...relays.map(relayed)], close };
  }
  if (stage.startsWith('sink-')) {
    const sink = await sinkNamed(stage.slice('sink-'.length)).create(environment);
    const consumer = await startSinkWorker(sink, lanes, services);
    return { consumers: [{ consumer, topics: resultTopics(lanes) }], close: () => Promise.resolve() };
  }
  if (stage === 'jobs') {
    const redis = openRedis(config, services.logger);
    if (redis === undefined) throw noRedis('Where jobs stand is');
    const stores = openJobStores(config, redis, 'worker');
    const [results, state] = await Promise.all([startJobResults(lanes, stores.parts, services), startJobState(stores.states, services)]);
    return {
      consumers: [
        { consumer: results, topics: outcomeTopics(lanes) },
        { consumer: state, topics: jobStateTopics },
      ],
      close() {
        stores.close();
        redis.disconnect();
        return Promise.resolve();
      },
    };
  }
  if (stage === shareStage) {
    const consumers = plans.map(async (plan) => ({ topics: [plan.input], consumer: await startShareWorker(plan, topology, services) }));
    return { consumers: await Promise.all(consumers), close: () => Promise.resolve() };
  }
  const controlled = modelsRunBy(topology.pipelines, plans).length > 0;
  const ports = openPorts(config, topology, plans, services, controlled ? await findDevice(config, services) : 'cpu');
  // Before the first record: what operators said of aliases, and clients of their jobs, holds for it too.
  const [control, cancellations] = await Promise.all([
    controlled ? controlModels(roleOf(stage, lanes, queue), ports, services) : null,
    followCancellations(services),
    ports.host.preload(),
  ]);
  const slots = openSlots(config.FANLIGHT_THREADS);
  const stageWorkers = plans.map(async (plan) => ({
    topics: [plan.input],
    consumer: await startStageWorker({
      topology,
      plan,
      ports,
      slots,
      services,
      window: windowOf(plan.lane),
      inlineLimit: config.FANLIGHT_INLINE_LIMIT_BYTES,
      isCancelled: (job) => cancellations.has(job),
    }),
  }));
  const modelQueue = modelQueueOf(topology);
  const modelWorkers =
    modelQueue?.worker === stage && lanes.includes(modelQueue.lane) && queue === null
      ? [startModelWorker({ queue: modelQueue, models: ports.models, services, window: windowOf(modelQueue.lane) }).then((consumer) => ({ topics: [modelQueue.input], consumer }))]
      : [];
  const consumers = await Promise.all([...stageWorkers, ...modelWorkers]);
  return {
    consumers,
    async close() {
      await Promise.all([control?.stop(), cancellations.close()]);
      await ports.close();
    },
  };
}

/** A relay reads one retry topic, for which its group is named. */
function relayed(consumer: RunningConsumer) {
  return { consumer, topics: [consumer.group.replace('fanlight.', '')] };
}

async function findDevice({ FANLIGHT_DEVICE: asked }: Config, { logger }: WorkerServices): Promise<Device> {
  const device = await chooseDevice(asked, {
    probe: probeDevice,
    onPassedOver: (passed, why) => logger.warn({ device: passed, remedy: 'See docs/gpu.md, or set FANLIGHT_DEVICE=cpu.' }, `models can not compute on ${passed}: ${why}`),
  });
  logger.info({ device, asked }, 'models compute on this device');
  return device;
}

export function chooseLanes(list: string | undefined, topology: Topology): readonly Lane[] {
  const names = list === undefined ? [...laneNames] : list.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !isLaneName(name));
  if (unknown.length > 0) throw wrongCall(`There is no lane ${unknown.join(', ')}.`, `Choose from: ${laneNames.join(', ')}.`);
  return topology.lanes.filter(({ name }) => names.includes(name));
}

function noSuchQueue(stage: string, lanes: readonly Lane[], queue: string, topology: Topology): FanlightError {
  const known = topology.dedicated.filter(({ lane }) => lanes.some(({ name }) => name === lane)).map(({ name, lane }) => `${name} in ${lane}`);
  return wrongCall(`No stage ${stage} reads a dedicated queue ${queue} there.`, known.length === 0 ? 'Name the queue in FANLIGHT_DEDICATED.' : `There are: ${known.join(', ')}; each needs the stages that \`fanlight topology\` shows.`);
}

function checkStage(stage: string, lanes: readonly Lane[], topology: Topology): void {
  const others = ['retry', 'jobs', 'callbacks', ...sinkCatalogue.map(({ name }) => `sink-${name}`)];
  if (others.includes(stage)) return;
  const stages = [shareStage, ...topology.stages.map(({ name }) => name)];
  if (!stages.includes(stage)) throw wrongCall(`There is no stage ${JSON.stringify(stage)}.`, `Choose from: ${[...stages, ...others].join(', ')}.`);
  if (topology.plans.some((plan) => plan.stage === stage && lanes.includes(plan.lane))) return;
  if (stage === shareStage) throw wrongCall(`No clients share ${lanes.map(({ name }) => name).join(' and ')}.`, `Start \`fanlight worker ${shareStage}\` for other lanes.`);
  const inside = topology.plans.filter((plan) => plan.members.includes(stage) && lanes.includes(plan.lane));
  if (inside.length === 0) throw wrongCall(`No pipeline has work for the stage ${stage}.`, 'Start no worker for it; `fanlight topology` shows which stages have work.');
  const names: LaneName[] = inside.map(({ lane }) => lane.name);
  throw wrongCall(
    `In ${names.join(' and ')}, ${stage} runs inside the stage ${inside[0]?.stage ?? ''}.`,
    `Start \`fanlight worker ${inside[0]?.stage ?? ''} --lanes ${names.join(',')}\` instead.`,
  );
}

function wrongCall(message: string, remedy: string): FanlightError {
  return new FanlightError({ code: 'invalid-configuration', message, remedy });
}
