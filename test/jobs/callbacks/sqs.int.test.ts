import { randomUUID } from 'node:crypto';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  type Message,
} from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { createSqsCallback } from '../../../jobs/callbacks/sqs/callback.js';
import { createSqsClient } from '../../../jobs/callbacks/sqs/client.js';
import { addressOf, cuttableProxy, throughProxy } from '../../sinks/cuttable-proxy.js';
import { storeAddress } from '../../sinks/store-address.js';
import { callbackConformance } from './conformance.js';
import { endOf, jobResult, partOf } from './deliveries.js';

const endpoint = storeAddress('FANLIGHT_TEST_SQS_ENDPOINT');
const clientAt = (address: string) =>
  createSqsClient({
    FANLIGHT_SQS_ENDPOINT: address,
    FANLIGHT_SQS_ACCESS_KEY_ID: 'x',
    FANLIGHT_SQS_SECRET_ACCESS_KEY: 'y',
  });
const signal = new AbortController().signal;

describe.skipIf(endpoint === undefined)('SQS', () => {
  if (endpoint === undefined) return;
  const client = clientAt(endpoint);

  async function createQueue(isFifo: boolean, attributes: Record<string, string> = {}): Promise<string> {
    const QueueName = `callback-${randomUUID()}${isFifo ? '.fifo' : ''}`;
    const { QueueUrl } = await client.send(
      new CreateQueueCommand({ QueueName, Attributes: { ...attributes, ...(isFifo ? { FifoQueue: 'true' } : {}) } }),
    );
    return QueueUrl ?? '';
  }

  /** Receives and deletes all messages of the queue. */
  async function drain(QueueUrl: string): Promise<Message[]> {
    const all: Message[] = [];
    for (;;) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: 0,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['All'],
        }),
      );
      if (Messages.length === 0) return all;
      all.push(...Messages);
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle: ReceiptHandle ?? '',
      }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  }

  const targetOf = (url: string) => ({ kind: 'sqs', endpoint: url, place: url });

  for (const isFifo of [false, true]) {
    callbackConformance({
      name: isFifo ? 'sqs, FIFO' : 'sqs, standard',
      async fixture() {
        const url = await createQueue(isFifo);
        const proxy = await cuttableProxy(addressOf(endpoint, 9324));
        const received: Message[] = [];
        return {
          target: targetOf(url),
          callback: createSqsCallback(clientAt(throughProxy(endpoint, proxy)), { timeoutMs: 15_000 }),
          async received() {
            received.push(...(await drain(url)));
            const sentAt = ({ Attributes }: Message) => Number(Attributes?.['SentTimestamp']);
            // A standard queue keeps no order, but each message has its arrival time.
            const inOrder = isFifo ? received : received.toSorted((a, b) => sentAt(a) - sentAt(b));
            return inOrder.map(({ MessageAttributes, Body = '' }) => ({
              id: MessageAttributes?.['ce_id']?.StringValue ?? '',
              document: JSON.parse(Body) as unknown,
            }));
          },
          down: () => proxy.cut(),
          restore: () => proxy.restore(),
          async dispose() {
            await proxy.close();
            await client.send(new DeleteQueueCommand({ QueueUrl: url }));
          },
        };
      },
    });
  }

  test('drops the repeated messages of a FIFO queue, and groups messages by job', async () => {
    const url = await createQueue(true);
    const callback = createSqsCallback(clientAt(endpoint), { timeoutMs: 15_000 });
    for (let times = 0; times < 2; times += 1)
      for (const delivery of [partOf('J', 0, 15), endOf('J', 15)])
        await callback.deliver(targetOf(url), delivery, signal);
    const messages = await drain(url);
    expect(messages.map(({ Attributes }) => [Attributes?.MessageGroupId, Attributes?.MessageDeduplicationId])).toEqual([
      ...Array.from({ length: 15 }, (_, item) => ['J', jobResult('J', item).id]),
      ['J', endOf('J', 15).id],
    ]);
    expect(messages.at(-1)?.MessageAttributes?.['ce_type']?.StringValue).toBe('fanlight.job-summary.v1');
  });

  test('delivers the other messages when the queue refuses one that is too large', async () => {
    const url = await createQueue(false);
    const small = partOf('J', 0, 12);
    const results = small.results.map((result) =>
      result.item === 5 ? jobResult('J', 5, '.'.repeat(1_200_000)) : result,
    );
    const delivery = createSqsCallback(clientAt(endpoint), { timeoutMs: 15_000 }).deliver(
      targetOf(url),
      { ...small, results },
      signal,
    );
    await expect(delivery).rejects.toMatchObject({ code: 'callback-refused', kind: 'permanent' });
    const left = Array.from({ length: 12 }, (_, item) => jobResult('J', item).id).filter((_, item) => item !== 5);
    expect(
      new Set((await drain(url)).map(({ MessageAttributes }) => MessageAttributes?.['ce_id']?.StringValue)),
    ).toEqual(new Set(left));
  });

  test('throws a permanent failure for a missing queue', async () => {
    const delivery = createSqsCallback(clientAt(endpoint), { timeoutMs: 15_000 }).deliver(
      targetOf(`${endpoint}/000000000000/nowhere`),
      partOf('J', 0, 1),
      signal,
    );
    await expect(delivery).rejects.toMatchObject({ code: 'callback-refused' });
  });
});
