import {
  SendMessageBatchCommand,
  type BatchResultErrorEntry,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { FanlightError } from '../../../schemas/failure.js';
import type { Callback, Delivery } from '../callback.js';
import type { CallbackConfig } from '../config.js';
import { splitIntoChunks } from '../chunks.js';
import { asAwsFailure, failed, refused } from '../failures.js';
import { messagesOf } from '../messages.js';
import { system } from '../../../primitives/system.js';

/** SQS takes at most ten messages per batch. All queues take 256 KiB; newer queues may take 1 MiB. */
const batch = { maxItems: 10, maxBytes: 256 * 1024 };
/** Upper bound for the names, types and values of the attributes (bytes). */
const attributeBytes = 200;

/**
 * Sends one message per result, and one for the summary. In a FIFO queue, the messages of a job form one group, and SQS
 * drops a message that is repeated within five minutes.
 */
export function createSqsCallback(client: SQSClient, { timeoutMs }: Pick<CallbackConfig, 'timeoutMs'>): Callback {
  return {
    async deliver({ place: queue }, delivery, signal) {
      let refusal: FanlightError | undefined;
      for (const entries of splitIntoChunks(entriesOf(queue, delivery), batch, bytesOf)) {
        const failure = await send(queue, entries, signal);
        if (failure?.retryable) throw failure;
        refusal ??= failure;
      }
      // Thrown last, so that the queue gets the other messages of the delivery.
      if (refusal) throw refusal;
    },
    async close() {
      client.destroy();
    },
  };

  /** Returns the failure of the batch; undefined when the queue took all messages. */
  async function send(
    queue: string,
    entries: SendMessageBatchRequestEntry[],
    signal: AbortSignal,
  ): Promise<FanlightError | undefined> {
    const target = `The queue ${queue}`;
    try {
      const command = new SendMessageBatchCommand({ QueueUrl: queue, Entries: entries });
      const { Failed } = await client.send(command, {
        abortSignal: AbortSignal.any([signal, system.timeout(timeoutMs)]),
      });
      const worst = Failed?.find(({ SenderFault }) => SenderFault !== true) ?? Failed?.[0];
      if (worst === undefined) return undefined;
      return worst.SenderFault === true ? refused(target, describe(worst)) : failed(target, describe(worst));
    } catch (thrown) {
      signal.throwIfAborted();
      return asAwsFailure(thrown, target);
    }
  }
}

function entriesOf(queue: string, delivery: Delivery): SendMessageBatchRequestEntry[] {
  const isFifo = new URL(queue).pathname.endsWith('.fifo');
  return messagesOf(delivery).map(({ id, type, body }, index) => ({
    // Unique within the batch, even when a part contains a result twice.
    Id: String(index),
    MessageBody: body,
    MessageAttributes: { ce_id: text(id), ce_type: text(type), ce_source: text('/fanlight/callbacks') },
    ...(isFifo ? { MessageGroupId: delivery.job, MessageDeduplicationId: id } : {}),
  }));
}

function text(value: string) {
  return { DataType: 'String', StringValue: value };
}

function bytesOf({ MessageBody }: SendMessageBatchRequestEntry): number {
  return Buffer.byteLength(MessageBody ?? '') + attributeBytes;
}

function describe({ Code, Message }: BatchResultErrorEntry): string {
  return `${Code ?? 'an unknown reason'}${Message === undefined ? '' : `, ${Message}`}`;
}
