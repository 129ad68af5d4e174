import { bytesOfFloats, floatsOfBytes } from '../../primitives/float-bytes.js';
import type { Clock } from '../../primitives/clock.js';
import { continueTrace, type RandomHex } from '../../primitives/trace-context.js';
import type { InferenceOptions, Model, ModelHost } from '../../processors/ports.js';
import type { Tensor } from '../../processors/values.js';
import { FanlightError } from '../../schemas/failure.js';
import { eventTypes, headers } from '../../schemas/headers.js';
import { deriveId } from '../../schemas/ids.js';
import type { ItemTensors, ModelInput, ModelOutput } from '../../schemas/models/requests.js';
import type { ModelQueue } from '../../topology/model-queue.js';
import type { Codec } from '../records/codec.js';
import { eventHeaders } from '../records/event-headers.js';
import type { Handler, Message } from '../records/message.js';
import { deadlineOf } from '../records/deadline.js';
import { originOf } from '../records/origin.js';

export interface ModelHandlerOptions {
  readonly queue: ModelQueue;
  readonly models: ModelHost;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly randomHex: RandomHex;
}

/** Runs a model on the items of a record. They share batches with all other work for that model in the process. */
export function createModelHandler({ queue, models, codec, clock, randomHex }: ModelHandlerOptions): Handler {
  const opened = new Map<string, Model>();

  return async function handleModelInput(message) {
    const input = (await codec.decode('model-input', message.value)) as ModelInput;
    const startedAt = clock.now();
    const { served, outputs } = await runModel(message, input).catch(onlyThisRecord);
    const timings = {
      [queue.stage]: { queueMs: Math.max(0, startedAt - message.timestamp), durationMs: clock.now() - startedAt },
    };
    return [await answer(message, { model: served, items: input.items, outputs, timings })];
  };

  async function runModel(message: Message, input: ModelInput) {
    const model = opened.get(input.model) ?? (await models.open(input.model));
    opened.set(input.model, model);
    return runItems(model, input, {
      lane: queue.lane.name,
      deadline: deadlineOf(message, message.timestamp, queue.lane.deadlineMs),
      imageId: originOf(message),
      client: message.headers[headers.client],
    });
  }

  async function answer(message: Message, output: ModelOutput) {
    const origin = originOf(message);
    return {
      topic: queue.output,
      key: message.key,
      value: await codec.encode('model-output', queue.output, output),
      headers: {
        ...eventHeaders({
          id: deriveId(origin, queue.output),
          type: eventTypes.modelOutput,
          source: `/fanlight/${queue.stage}`,
          now: clock.now(),
          traceparent: continueTrace(message.headers[headers.traceparent], randomHex).traceparent,
        }),
        [headers.origin]: origin,
      },
    };
  }
}

async function runItems(model: Model, { items, inputs }: ModelInput, options: Omit<InferenceOptions, 'served'>) {
  let served = model.id;
  const context: InferenceOptions = { ...options, served: (id) => void (served = id) };
  const tensors = Object.entries(inputs).map(([name, given]) => [name, itemsOf(name, given, items)] as const);
  const answers = Array.from({ length: items }, (_, item) =>
    model.infer(Object.fromEntries(tensors.map(([name, rows]) => [name, rows[item] as Tensor])), context),
  );
  // Waits for all items even if one fails: no inference of a record may run after the record counts as failed.
  const outcomes = await Promise.allSettled(answers);
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
  return { served, outputs: stacked(await Promise.all(answers)) };
}

/** Splits a tensor of all items into one tensor an item. The tensors are views of the same bytes. */
function itemsOf(name: string, { dtype, shape, data }: ItemTensors, items: number): Tensor[] {
  const values = dtype === 'uint8' ? data : floatsOfBytes(data);
  const size = shape.reduce((product, side) => product * side, 1);
  if (values.length !== items * size) {
    throw new FanlightError({
      code: 'wrong-tensor',
      message: `The input "${name}" has ${values.length} values instead of ${items} times ${size}.`,
      remedy: 'Send as many values as the shape says.',
    });
  }
  return Array.from({ length: items }, (_, item) => ({
    dtype,
    shape,
    data: values.subarray(item * size, (item + 1) * size),
  }));
}

function stacked(answers: readonly Readonly<Record<string, Float32Array>>[]): Record<string, Buffer> {
  const names = Object.keys(answers[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [
      name,
      Buffer.concat(answers.map((outputs) => bytesOfFloats(outputs[name] ?? new Float32Array()))),
    ]),
  );
}

/** A transient copy of a fatal failure: a model request must not stop a worker whose photos may not need that model. */
function onlyThisRecord(thrown: unknown): never {
  if (!(thrown instanceof FanlightError) || thrown.kind !== 'fatal') throw thrown;
  throw new FanlightError({
    code: thrown.code,
    message: thrown.message,
    remedy: thrown.remedy,
    kind: 'transient',
    cause: thrown,
  });
}
