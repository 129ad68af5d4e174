import { createRoundRobin, type RoundRobin } from '../../primitives/round-robin.js';
import type { Ports } from '../../processors/ports.js';
import type { ImageTags, ListingImage } from '../../schemas/events.js';
import type { LaneName } from '../../schemas/lanes.js';
import { asFanlightError } from '../../schemas/failure.js';
import { isEventTopic, topics } from '../../schemas/topics.js';
import { openStage, type Slots } from '../stages/runner.js';
import { modelQueueOf, type ModelQueue } from '../../topology/model-queue.js';
import type { GroupPlan, StagePlan, Topology } from '../../topology/topology.js';
import type { Codec } from '../records/codec.js';
import { eventEntrance } from '../records/event-entrance.js';
import { createSeal, type Seal } from '../records/seal.js';
import { handleFailures } from '../failures/failure-handler.js';
import type { Handler, Message, OutgoingMessage } from '../records/message.js';
import { createModelHandler } from '../models/model-handler.js';
import { listingImageMessage } from '../records/listing-image.js';
import { createRetryRelay } from '../failures/retry-relay.js';
import { createShareHandler, type QueueLoad } from '../shares/share-handler.js';
import { createDeferredWork } from '../deferred-work.js';
import { createStageHandler } from '../stages/stage-handler.js';
import type { ManualClock } from './manual-clock.js';
import { system } from '../../primitives/system.js';

export interface DriverOptions {
  readonly topology: Topology;
  /** Ports of the operations. Their clock must be `clock`. */
  readonly ports: Ports;
  readonly clock: ManualClock;
  readonly codec: Codec;
  /** Returns the number of tasks that wait in model batchers for the clock. */
  readonly waiting: () => number;
  /** Whether the job is cancelled, so that no further operation runs for it. */
  readonly isCancelled?: (job: string) => boolean;
  /** Upper bound of records in flight of a consumer group of stages. Default: unlimited. */
  readonly window?: number;
  /** Default: that of a deployment without a key. */
  readonly seal?: Seal;
}

/** Reader of one topic. */
interface Reader {
  readonly handler: Handler;
  readonly window: number;
  /** Waiting records. Partitions take turns, as in the workers. */
  readonly turns: RoundRobin<Message>;
  position: number;
  held: number;
}

export interface Driver {
  /** Writes an event to `listing-images.<lane>`. */
  pipe(lane: LaneName, event: ListingImage): Promise<void>;
  /** Writes any record. `timestamp` (epoch ms) is that of the producer's clock; default: now. */
  write(record: OutgoingMessage, timestamp?: number): void;
  /** Runs until all work is finished or waits for the clock. Rejects with a failure that would stop a worker. */
  settle(): Promise<void>;
  /** Settles, moves the clock, settles again. */
  advance(ms: number): Promise<void>;
  /** All records of a topic, oldest first. */
  read(topic: string): readonly Message[];
  results(lane: LaneName): Promise<ImageTags[]>;
}

const ones = (digits: number) => '1'.repeat(digits);
const unlimited: Slots = { io: (work) => work(), cpu: (work) => work(), gpu: (work) => work() };

/**
 * Runs the topology in this process, without a broker. Topics are arrays, stages and retry relays are the handlers of
 * the workers, and the test moves the clock.
 */
export async function createDriver(options: DriverOptions): Promise<Driver> {
  const { topology, ports, clock, codec, window = Infinity, seal = createSeal() } = options;
  const log = new Map<string, Message[]>();
  const unfinished = new Map<string, number>();
  const running = new Set<Promise<void>>();
  const signal = new AbortController().signal;
  let operations = 0;
  let failure: Error | undefined;

  const readers = new Map<string, Reader>();
  const reader = (handler: Handler, most: number): Reader => ({
    handler,
    window: most,
    turns: createRoundRobin(),
    position: 0,
    held: 0,
  });
  for (const plan of topology.plans) {
    readers.set(
      plan.input,
      plan.kind === 'share'
        ? reader(entering(plan, createShareHandler({ plan, topology, codec, loadOf })), Infinity)
        : reader(entering(plan, await openHandler(plan)), window),
    );
  }
  const modelQueue = modelQueueOf(topology);
  if (modelQueue) readers.set(modelQueue.input, reader(openModelHandler(modelQueue), Infinity));
  for (const lane of topology.lanes) {
    for (const delay of lane.retryDelays)
      readers.set(topics.retry(lane.name, delay), reader(createRetryRelay(clock), Infinity));
  }

  function entering({ input, lane: { retentionMs } }: GroupPlan, handler: Handler): Handler {
    return isEventTopic(input) ? eventEntrance({ retentionMs, seal, clock })(handler) : handler;
  }

  function loadOf(topic: string): QueueLoad {
    const place = (partition: number) => `${topic}/${partition}`;
    return {
      waiting: (partition) => unfinished.get(place(partition)) ?? 0,
      add: (partition) => void unfinished.set(place(partition), (unfinished.get(place(partition)) ?? 0) + 1),
    };
  }

  async function openHandler(plan: StagePlan): Promise<Handler> {
    const observer = { started: () => void (operations += 1), finished: () => void (operations -= 1) };
    const runner = await openStage({ plan, topology, ports, slots: unlimited, observer });
    const stage = createStageHandler({
      runner,
      topology,
      codec,
      images: ports.images,
      clock,
      inlineLimit: 2 ** 20,
      randomHex: ones,
      ...(options.isCancelled ? { isCancelled: options.isCancelled } : {}),
    });
    return handleFailures({
      stage: plan.stage,
      pathOf: () => ({ input: plan.returnTo, lane: plan.lane }),
      clock,
      seal,
      random: () => 0.5,
    })(stage);
  }

  function openModelHandler(queue: ModelQueue): Handler {
    const handler = createModelHandler({ queue, models: ports.models, codec, clock, randomHex: ones });
    return handleFailures({ stage: queue.stage, pathOf: () => queue, clock, random: () => 0.5 })(handler);
  }

  function write(record: OutgoingMessage, timestamp = clock.now()): void {
    const { topic, partition = 0, key, value, headers: texts } = record;
    const records = log.get(topic) ?? [];
    log.set(topic, records);
    // One sequence of offsets for all partitions of a topic.
    records.push({
      topic,
      partition,
      offset: BigInt(records.length),
      key,
      value,
      headers: texts,
      timestamp,
    });
  }

  function startNew(): boolean {
    let started = false;
    for (const [topic, waiting] of readers) {
      const records = log.get(topic) ?? [];
      for (const message of records.slice(waiting.position)) waiting.turns.push(message.partition, [message]);
      waiting.position = records.length;
      while (waiting.held < waiting.window) {
        const message = waiting.turns.take();
        if (!message) break;
        started = true;
        startOne(waiting, message);
      }
    }
    return started;
  }

  function startOne(from: Reader, message: Message): void {
    from.held += 1;
    const side = createDeferredWork({ clock, random: () => 0.5, signal });
    const work: Promise<void> = from
      .handler(message, { signal, waitUntil: side.waitUntil })
      .then((out) => out.forEach((record) => write(record)))
      .then(() => side.finish())
      .catch((error: unknown) => {
        failure ??= asFanlightError(error);
      })
      .finally(() => {
        running.delete(work);
        from.held -= 1;
        const place = `${message.topic}/${message.partition}`;
        const before = unfinished.get(place);
        if (before !== undefined) unfinished.set(place, before - 1);
      });
    running.add(work);
  }

  /** Whether only the clock can continue the work: every running operation waits in a batcher. */
  const parked = () => operations === options.waiting() && clock.nextDueAt !== undefined;

  async function settle(): Promise<void> {
    // A record between two operations is in neither, so several turns in a row must find everything parked.
    for (let quiet = 0; quiet < 5;) {
      const started = startNew();
      if (failure) throw failure;
      if (!started && running.size === 0) return;
      quiet = !started && parked() ? quiet + 1 : 0;
      await new Promise<void>((resolve) => system.nextTurn(resolve));
    }
  }

  return {
    write,
    settle,
    async pipe(lane, event) {
      write(
        await listingImageMessage(event, {
          lane,
          codec,
          now: clock.now(),
          source: '/test',
          traceparent: `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01`,
        }),
      );
    },
    async advance(ms) {
      await settle();
      const until = clock.now() + ms;
      // The clock moves step by step, so that released work can schedule tasks within the same period.
      for (let due = clock.nextDueAt; due !== undefined && due <= until; due = clock.nextDueAt) {
        clock.advance(due - clock.now());
        await settle();
      }
      clock.advance(until - clock.now());
      await settle();
    },
    read: (topic) => log.get(topic) ?? [],
    async results(lane) {
      const records = log.get(topics.imageTags(lane)) ?? [];
      return Promise.all(records.map(async ({ value }) => (await codec.decode('image-tags', value)) as ImageTags));
    },
  };
}
