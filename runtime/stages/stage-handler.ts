import type { Clock } from '../../primitives/clock.js';
import { continueTrace, type RandomHex } from '../../primitives/trace-context.js';
import type { ImageStore } from '../../processors/ports.js';
import type { ImageTask, ListingImage } from '../../schemas/events.js';
import { FanlightError } from '../../schemas/failure.js';
import { carriedHeaders, eventTypes, headers } from '../../schemas/headers.js';
import { deriveId, imageTagsId } from '../../schemas/ids.js';
import { topics } from '../../schemas/topics.js';
import { checkEvent } from './event-check.js';
import { unknownPipeline, type StageRunner, type TaskContext } from './runner.js';
import type { PlacedPipeline } from '../../topology/placed-pipeline.js';
import { createOnwardRoute } from '../../topology/onward-route.js';
import { groupsOfQueue, type StagePlan, type Topology } from '../../topology/topology.js';
import type { Codec } from '../records/codec.js';
import { eventHeaders } from '../records/event-headers.js';
import { deadlineOf } from '../records/deadline.js';
import type { Handler, Message, OutgoingMessage } from '../records/message.js';
import { eventTimeOf } from '../records/event-time.js';
import { originOf } from '../records/origin.js';
import { toImageTags } from './image-tags.js';
import type { Task } from './task.js';
import { recordToTask, taskToRecord } from './task-codec.js';

export interface StageHandlerOptions {
  readonly runner: StageRunner;
  readonly topology: Topology;
  readonly codec: Codec;
  readonly images: ImageStore;
  readonly clock: Clock;
  /** Upper bound of pixels and tensors inside a message (bytes). Larger tasks use claim checks. */
  readonly inlineLimit: number;
  readonly randomHex: RandomHex;
  /** Whether the job was cancelled. */
  readonly isCancelled?: (job: string) => boolean;
}

/**
 * Decodes a record, runs the stage, and encodes a task for the next group with work for it, or the result. It does not
 * depend on Kafka, retries or metrics.
 */
export function createStageHandler(options: StageHandlerOptions): Handler {
  const { runner, topology, codec, images, clock } = options;
  const { plan } = runner;
  const route = createOnwardRoute(groupsOfQueue(topology, plan));

  return async function handleStage(message, { signal, waitUntil }) {
    const job = message.headers[headers.job];
    const cancelled = () => job !== undefined && options.isCancelled?.(job) === true;
    // Before the record is decoded, because a cancelled job may have millions of images in flight.
    if (cancelled()) return [cancelledMessage(message)];
    const task = await readTask(message);
    const context: TaskContext = {
      lane: plan.lane.name,
      deadline: deadlineOf(message, task.eventTime, plan.lane.deadlineMs),
      imageId: task.event.imageId,
      client: message.headers[headers.client],
      signal,
      cancelled,
      waitUntil,
    };
    const pipeline = pipelineOf(task);
    // A worker of another version may have sent the task to a group without work for it. Such a task is forwarded.
    const isDue = route(pipeline, task.values) === plan;
    try {
      const done = isDue ? await runner.run(task, Math.max(0, clock.now() - message.timestamp), context) : task;
      const next = route(pipeline, done.values);
      return [next ? await taskMessage(message, done, next) : await resultMessage(message, done, pipeline)];
    } catch (thrown) {
      if (thrown instanceof FanlightError && thrown.code === 'job-cancelled') return [cancelledMessage(message)];
      throw thrown;
    }
  };

  /** The unchanged record. It counts as an outcome of its job, but not as a failure. */
  function cancelledMessage({ key, value, headers: texts, ...message }: Message): OutgoingMessage {
    return {
      topic: topics.cancelledImages(plan.lane.name),
      key,
      value,
      headers: { ...texts, [headers.origin]: originOf({ key, value, headers: texts, ...message }) },
    };
  }

  function pipelineOf({ pipeline: id }: Task): PlacedPipeline {
    const pipeline = topology.pipelines.get(id);
    if (pipeline) return pipeline;
    const unknown = unknownPipeline(id, [...topology.pipelines.keys()]);
    // The sender of a task knew the pipeline, so this worker is older. A retry may reach a newer worker.
    throw plan.kind === 'entry'
      ? unknown
      : new FanlightError({ code: unknown.code, message: unknown.message, remedy: unknown.remedy, kind: 'transient' });
  }

  async function readTask(message: Message): Promise<Task> {
    if (plan.kind === 'later')
      return recordToTask((await codec.decode('image-task', message.value)) as ImageTask, images);
    const event = checkEvent((await codec.decode('listing-image', message.value)) as ListingImage);
    const pipeline = event.pipeline ?? topology.defaultPipeline;
    const eventTime = eventTimeOf(message);
    return { event, pipeline, eventTime, content: null, models: [], cached: null, values: new Map(), timings: {} };
  }

  async function taskMessage(message: Message, task: Task, { input: topic }: StagePlan): Promise<OutgoingMessage> {
    const value = await codec.encode('image-task', topic, await taskToRecord(task, images, options.inlineLimit));
    return outgoing(message, task, {
      topic,
      value,
      id: deriveId(originOf(message), topic),
      type: eventTypes.imageTask,
    });
  }

  async function resultMessage(message: Message, task: Task, pipeline: PlacedPipeline): Promise<OutgoingMessage> {
    const topic = topics.imageTags(plan.lane.name);
    const result = toImageTags(task, pipeline, clock.now());
    const value = await codec.encode('image-tags', topic, result);
    return outgoing(message, task, { topic, value, id: imageTagsId(result), type: eventTypes.imageTags });
  }

  function outgoing(
    message: Message,
    task: Task,
    { topic, value, id, type }: { topic: string; value: Buffer; id: string; type: string },
  ): OutgoingMessage {
    const carried = carriedHeaders.flatMap((name) => {
      const text = message.headers[name];
      return text === undefined ? [] : [[name, text] as const];
    });
    return {
      topic,
      key: Buffer.from(task.event.listingId),
      value,
      headers: {
        ...eventHeaders({
          id,
          type,
          source: `/fanlight/${plan.members.at(-1)}`,
          now: clock.now(),
          traceparent: continueTrace(message.headers[headers.traceparent], options.randomHex).traceparent,
        }),
        [headers.origin]: originOf(message),
        ...Object.fromEntries(carried),
      },
    };
  }
}
