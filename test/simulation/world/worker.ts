import { systemClock } from '../../../primitives/clock.js';
import type { Random } from '../../../primitives/seeded-random.js';
import { createSlots } from '../../../primitives/slots.js';
import type { Ports } from '../../../processors/ports.js';
import { FanlightError } from '../../../schemas/failure.js';
import { startConsumption } from '../../../runtime/consumption/loop.js';
import type { Consumption } from '../../../runtime/consumption/consumption.js';
import { retryConsumptions } from '../../../runtime/failures/retry-consumption.js';
import type { RunningConsumer } from '../../../runtime/kafka/consumer/consumer.js';
import { createPublisher } from '../../../runtime/kafka/client/producer.js';
import { kafkaSettings } from '../../../runtime/kafka/client/client.js';
import { startLagMonitor } from '../../../runtime/kafka/lag/lag-monitor.js';
import { createMemoryCodec } from '../../../runtime/memory/memory-codec.js';
import { createSeal } from '../../../runtime/records/seal.js';
import type { WorkerServices } from '../../../runtime/services.js';
import { shareConsumption } from '../../../runtime/shares/share-consumption.js';
import { sinkConsumption } from '../../../runtime/sinks/sink-consumption.js';
import { stageConsumption } from '../../../runtime/stages/stage-consumption.js';
import { imageTagsFamily } from '../../../schemas/topic-family.js';
import type { SimProcess } from '../engine/process.js';
import { createSimKafka } from '../kafka/kafkajs.js';
import { noMetrics, simLogger } from './quiet-services.js';
import { simTopology } from './topology.js';
import type { Role } from './settings.js';
import type { Surroundings } from './surroundings.js';

/** Longest drain of a worker that gets SIGTERM (ms), as in `processes/worker/worker.ts`. */
const drainMs = 7_000;
const allSlots = () => ({ io: createSlots(16), cpu: createSlots(4), gpu: createSlots(4) });

/** A machine that runs one worker process after another, as a supervisor does. */
export class Machine {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly #world: Surroundings;
  readonly #random: Random;
  #starts = 0;
  #process: SimProcess | undefined;
  #consumers: RunningConsumer[] = [];
  #stopMonitor: () => void = () => undefined;
  #isStopping = false;

  constructor(world: Surroundings, { name, roles, random }: { name: string; roles: readonly Role[]; random: Random }) {
    this.#world = world;
    this.name = name;
    this.roles = roles;
    this.#random = random;
  }

  start(): void {
    this.#starts += 1;
    const process = this.#world.scheduler.process(this.name, this.#starts);
    this.#process = process;
    this.#consumers = [];
    this.#isStopping = false;
    this.#world.scheduler.trace.add(`${process.name} starts`);
    this.#world.scheduler.after(0, process, () => void this.#main(process));
  }

  /** Kills the process: nothing of it runs any more. The supervisor starts another one. */
  kill(): void {
    const process = this.#process;
    if (process?.alive !== true) return;
    this.#end(process, 'killed');
  }

  /** Stops the process for a time, with everything that it knows (SIGSTOP, SIGCONT). */
  freeze(forMs: number): void {
    if (this.#process === undefined) return;
    this.#process.frozenUntil = this.#world.scheduler.now + forMs;
  }

  /** Sends SIGTERM. */
  terminate(): void {
    const process = this.#process;
    if (process?.alive !== true || this.#isStopping) return;
    this.#world.scheduler.after(0, process, () => void this.#stop(process, drainMs));
  }

  #end(process: SimProcess, how: string): void {
    if (!process.alive) return;
    process.alive = false;
    const { scheduler, kafka } = this.#world;
    scheduler.trace.add(`${process.name} ${how}`);
    kafka.resetConnections(this.name);
    const restartsIn = 500 + this.#random() * 2_000;
    scheduler.after(restartsIn, undefined, () => this.start());
  }

  async #stop(process: SimProcess, graceMs: number): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#world.scheduler.trace.add(`${process.name} stops`);
    this.#stopMonitor();
    // The process ends within its bound, as `processes/lifetime.ts` sees to it.
    this.#world.scheduler.after(drainMs + 2_500, process, () => this.#end(process, 'ends late'));
    await Promise.allSettled(this.#consumers.map((consumer) => consumer.stop(graceMs)));
    this.#world.scheduler.after(0, undefined, () => this.#end(process, 'ends'));
  }

  #fail(process: SimProcess, error: unknown): void {
    const world = this.#world;
    const failure = error instanceof FanlightError ? `${error.code}: ${error.message}` : String(error);
    world.scheduler.trace.add(`${process.name} fails: ${failure}`);
    world.onFailure(process.name, error);
    void this.#stop(process, 0);
  }

  async #main(process: SimProcess): Promise<void> {
    try {
      await this.#run(process);
    } catch (error) {
      this.#world.scheduler.trace.add(`${process.name} did not start: ${(error as Error).message}`);
      void this.#stop(process, 0);
    }
  }

  async #run(process: SimProcess): Promise<void> {
    const random = this.#random;
    const logger = simLogger(process.name, this.#world.log);
    const kafka = createSimKafka({
      ...kafkaSettings,
      clientId: process.name,
      logLevel: 0,
      logCreator: () => () => undefined,
    });
    const services: WorkerServices = {
      kafka,
      publisher: await createPublisher(kafka),
      codec: createMemoryCodec(),
      clock: systemClock,
      seal: createSeal(),
      logger,
      metrics: noMetrics,
      random,
      randomHex: (digits) => Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join(''),
      onFatal: (error) => this.#fail(process, error),
    };
    const consumptions = await this.#open(services);
    const consumers = this.#consumers;
    await Promise.all(
      consumptions.map(async (consumption) => consumers.push(await startConsumption(consumption, services))),
    );
    const monitor = await startLagMonitor({
      kafka,
      clock: systemClock,
      metrics: noMetrics,
      logger,
      consumers,
      everyMs: 10_000,
      patienceMs: 30_000,
      recordMs: 60_000,
      onFatal: services.onFatal,
    });
    this.#stopMonitor = () => void monitor.stop();
  }

  async #open(services: WorkerServices): Promise<Consumption[]> {
    const { settings, host, images, createSink } = this.#world;
    const topology = simTopology(settings.lane, () => ({ host, random: this.#random, longestMs: settings.longestMs }));
    const lane = topology.lanes[0];
    if (lane === undefined) throw new Error('the topology has no lane');
    const ports = { clock: systemClock, images } as unknown as Ports;
    const opened: Consumption[] = [];
    for (const role of this.roles) {
      if (role === 'retry') opened.push(...retryConsumptions(lane, systemClock));
      if (role === 'sink') opened.push(await sinkConsumption(createSink(), imageTagsFamily, [lane], services));
      for (const plan of topology.plans) {
        if (plan.kind === 'share' && role === 'share') opened.push(await shareConsumption(plan, topology, services));
        if (plan.kind === 'share' || role !== 'stage') continue;
        const window = { items: lane.window, bytes: 2 ** 20 };
        const isCancelled = () => false;
        const options = {
          topology,
          plan,
          ports,
          slots: allSlots(),
          services,
          window,
          inlineLimit: 2 ** 16,
          isCancelled,
        };
        opened.push(await stageConsumption(options));
      }
    }
    return opened;
  }
}
