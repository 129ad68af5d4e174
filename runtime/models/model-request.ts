import type { FanlightError } from '../../schemas/failure.js';
import { errorHeaders, eventTypes, headers } from '../../schemas/headers.js';
import type { ModelInput, ModelOutput } from '../../schemas/models/requests.js';
import type { ModelQueue } from '../../topology/model-queue.js';
import type { Codec } from '../records/codec.js';
import { eventHeaders } from '../records/event-headers.js';
import type { Message, OutgoingMessage } from '../records/message.js';
import { enteredAtOf, recordedFailure } from '../records/outcome.js';
import { originOf } from '../records/origin.js';

export interface ModelMessageOptions {
  readonly queue: Pick<ModelQueue, 'input'>;
  readonly codec: Codec;
  /** Id of the request, and origin of its outcome. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly source: string;
  readonly traceparent: string;
  /** Epoch milliseconds. */
  readonly deadline: number;
  readonly client?: string;
}

/** Builds the record of a model request. */
export async function modelInputMessage(
  input: ModelInput,
  { queue, codec, deadline, client, ...event }: ModelMessageOptions,
): Promise<OutgoingMessage> {
  // avsc accepts only Buffers.
  const inputs = Object.fromEntries(
    Object.entries(input.inputs).map(([name, { data, ...rest }]) => [
      name,
      { ...rest, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength) },
    ]),
  );
  return {
    topic: queue.input,
    key: Buffer.from(event.id),
    value: await codec.encode('model-input', queue.input, { ...input, inputs }),
    headers: {
      ...eventHeaders({ ...event, type: eventTypes.modelInput }),
      [headers.deadline]: String(deadline),
      ...(client === undefined ? {} : { [headers.client]: client }),
    },
  };
}

export type ModelOutcome = {
  /** Time at which the request entered (epoch ms); undefined if the record does not contain it. */
  readonly enteredAt: number | undefined;
} & ({ readonly output: ModelOutput; readonly tookMs: number } | { readonly error: FanlightError });

/**
 * Reads the outcome of a request from a record of `model-outputs.*` or `dead-letters.*`; undefined for dead letters of
 * images.
 */
export async function readModelOutcome(
  message: Message,
  codec: Codec,
): Promise<{ readonly origin: string; readonly outcome: ModelOutcome } | undefined> {
  const origin = originOf(message);
  if (message.headers[errorHeaders.code] !== undefined) {
    if (message.headers[headers.ceType] !== eventTypes.modelInput) return undefined;
    return { origin, outcome: { error: recordedFailure(message), enteredAt: enteredAtOf(message) } };
  }
  const output = (await codec.decode('model-output', message.value)) as ModelOutput;
  const tookMs = Object.values(output.timings).reduce((sum, { queueMs, durationMs }) => sum + queueMs + durationMs, 0);
  return { origin, outcome: { output, tookMs, enteredAt: message.timestamp - tookMs } };
}
