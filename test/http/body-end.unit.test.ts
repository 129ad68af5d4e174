import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { afterBody } from '../../http/middleware/body-end.js';

function world() {
  let source: ReadableStreamDefaultController<Uint8Array> | undefined;
  let pulls = 0;
  let cancelled: unknown;
  let done = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      start: (given) => void (source = given),
      pull: () => void (pulls += 1),
      cancel: (reason) => void (cancelled = reason),
    },
    { highWaterMark: 0 },
  );
  const answer = afterBody(new Response(body, { status: 202, headers: { location: '/x' } }), () => void (done += 1));
  const reader = answer.body!.getReader();
  return { source: source!, answer, reader, pulls: () => pulls, cancelled: () => cancelled, done: () => done };
}

it('afterBody keeps status, header fields and bytes, and reads nothing ahead', async () => {
  const { source, answer, reader, pulls } = world();
  await setImmediate();
  expect([answer.status, answer.headers.get('location'), pulls()]).toEqual([202, '/x', 0]);
  const read = reader.read();
  await setImmediate();
  source.enqueue(Buffer.from('a'));
  expect([Buffer.from((await read).value ?? '').toString(), pulls()]).toEqual(['a', 1]);
});

it('afterBody calls done once at the end of the body', async () => {
  const { source, reader, done } = world();
  const read = reader.read();
  await setImmediate();
  expect(done()).toBe(0);
  source.close();
  expect((await read).done).toBe(true);
  await reader.cancel();
  await setImmediate();
  expect(done()).toBe(1);
});

it('afterBody calls done once after a failure, and passes the failure to a reader without a pending read', async () => {
  const { source, reader, done } = world();
  source.error(new Error('cut'));
  await expect(reader.closed).rejects.toThrow('cut');
  expect(done()).toBe(1);
});

it('afterBody calls done once when the reader cancels, and cancels the source', async () => {
  const { reader, done, cancelled } = world();
  void reader.read();
  await reader.cancel('gone');
  await setImmediate();
  expect([done(), cancelled()]).toEqual([1, 'gone']);
});

it('afterBody calls done at once for an answer without a body', () => {
  let done = 0;
  afterBody(new Response(null), () => void (done += 1));
  expect(done).toBe(1);
});
