import type { S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { lakeSinkConfig } from '../../sinks/lake/config.js';
import { createLakeSink } from '../../sinks/lake/sink.js';
import { s3SinkConfig } from '../../sinks/s3/config.js';
import { createS3Sink } from '../../sinks/s3/sink.js';
import { tagRecord } from './records.js';

/** A client whose puts end only when they are aborted. Lists are empty. */
function hangingClient() {
  const puts: AbortSignal[] = [];
  const client = {
    send(command: object, { abortSignal }: { readonly abortSignal: AbortSignal }) {
      if (command.constructor.name.startsWith('List')) return Promise.resolve({});
      puts.push(abortSignal);
      return new Promise((_resolve, reject) => {
        abortSignal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      });
    },
  } as unknown as S3Client;
  return { client, puts };
}

const settings = { bucket: 'bucket', concurrency: 1, timeoutMs: 60_000 };

it.each([
  ['s3', (client: S3Client) => createS3Sink(s3SinkConfig(settings), { client })],
  ['lake', (client: S3Client) => createLakeSink(lakeSinkConfig(settings), { client })],
])('the sink %s ends its put when the records are revoked, and begins no further one', async (_name, open) => {
  const { client, puts } = hangingClient();
  const assignment = new AbortController();
  const batch = [tagRecord(1), { ...tagRecord(2), partition: 1 }];
  const written = open(client).write(batch, assignment.signal);
  written.catch(() => undefined);
  await expect.poll(() => puts.length).toBe(1);
  assignment.abort(new Error('revoked'));
  await expect(written).rejects.toMatchObject({ code: 'sink-unavailable' });
  expect(puts.map(({ aborted }) => aborted)).toEqual([true]);
});
