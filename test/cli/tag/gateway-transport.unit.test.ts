import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gatewayTransport } from '../../../cli/tag/gateway-transport.js';
import type { PhotoInput } from '../../../cli/tag/photo-inputs.js';
import { runTagging, type PhotoResult } from '../../../cli/tag/tag-run.js';
import type { Clock } from '../../../primitives/clock.js';
import { FanlightError } from '../../../schemas/failure.js';
import { files, gatewayHarness, resultOf, type HarnessOptions } from '../../gateway/harness.js';

/** A clock that runs every scheduled task at once, whatever its delay. */
const hastyClock: Clock = {
  now: () => 0,
  schedule(_delayMs, task) {
    const timer = setImmediate(task);
    return () => clearImmediate(timer);
  },
};

const folder = mkdtempSync(join(tmpdir(), 'fanlight-'));
function file(name: string, bytes: Uint8Array = files.jpeg()): PhotoInput {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return { image: path, listingId: 'house', imageId: `house/${name}`, source: { kind: 'file', path } };
}
const byUrl = (name: string, url = `https://photos.example/${name}`): PhotoInput => ({
  image: url,
  listingId: 'web',
  imageId: `web/${name}`,
  source: { kind: 'url', url },
});

interface Sent {
  readonly url: string;
  readonly body: unknown;
  readonly key: string | null;
}

interface Run {
  readonly gateway?: HarnessOptions;
  readonly pipeline?: string;
  readonly key?: string;
  /** Answers in place of the gateway, by the number of the request (from 1); undefined lets the request through. */
  readonly instead?: (request: number) => Response | Error | undefined;
}

/** Tags photos through a real gateway app. */
async function tag(inputs: readonly PhotoInput[], { gateway, pipeline, key, instead }: Run = {}) {
  const harness = gatewayHarness(gateway);
  const sent: Sent[] = [];
  const results: PhotoResult[] = [];
  const transport = gatewayTransport({
    gateway: new URL('http://gateway.example/base/'),
    key,
    pipeline: pipeline ?? null,
    clock: hastyClock,
    signal: new AbortController().signal,
    async fetch(input, init) {
      const request = new Request(input, init);
      const { pathname, search } = new URL(request.url);
      const body: unknown =
        typeof init?.body === 'string' ? JSON.parse(init.body) : request.headers.get('content-type');
      sent.push({ url: `${pathname}${search}`, body, key: request.headers.get('authorization') });
      const other = instead?.(sent.length);
      if (other instanceof Error) throw other;
      return other ?? harness.app.request(`${pathname.replace('/base', '')}${search}`, init);
    },
  });
  const summary = await runTagging({
    transport,
    inputs,
    concurrency: 16,
    timeoutMs: 1_000_000_000,
    clock: {
      ...hastyClock,
      schedule: (delayMs, task) => (delayMs > 1e6 ? () => undefined : hastyClock.schedule(delayMs, task)),
    },
    signal: new AbortController().signal,
    onResult: (result) => results.push(result),
  });
  return { summary, results, sent, calls: harness.calls };
}

const outcomesOf = (results: readonly PhotoResult[]) =>
  results.map(({ input, outcome }) => [
    input.imageId,
    outcome.kind === 'failed' ? outcome.error.code : outcome.tags.roomType?.name,
  ]);
const problem = (status: number, code: string, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ code, detail: `It is ${code}.`, remedy: 'Do something.' }), {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });

describe('gatewayTransport', () => {
  it('sends a file as the body, with its ids in the query', async () => {
    const { results, sent, calls } = await tag([file('a.jpg')], { pipeline: 'moderation-only@1', key: 'fl_1_secret' });
    expect(outcomesOf(results)).toEqual([['house/a.jpg', 'kitchen']]);
    expect(sent).toEqual([
      {
        url: '/base/v1/tags?imageId=house%2Fa.jpg&listingId=house&deadlineMs=60000&pipeline=moderation-only%401',
        body: 'application/octet-stream',
        key: 'Bearer fl_1_secret',
      },
    ]);
    expect(calls.map(({ image }) => [image.imageId, image.content?.length, image.pipeline])).toEqual([
      ['house/a.jpg', 64, 'moderation-only@1'],
    ]);
  });

  it('sends URLs in groups of up to 16, and reports each photo', async () => {
    const { results, sent, summary } = await tag(Array.from({ length: 20 }, (_, n) => byUrl(`${n}.jpg`)));
    expect(sent.map(({ body }) => (body as { images: unknown[] }).images.length)).toEqual([16, 4]);
    expect(outcomesOf(results)).toEqual(Array.from({ length: 20 }, (_, n) => [`web/${n}.jpg`, 'kitchen']));
    expect(summary).toMatchObject({ photos: 20, tagged: 20 });
  });

  it('reports the reason of each failed photo, and continues', async () => {
    const notFound = new FanlightError({ code: 'not-found', message: 'Nothing there.', remedy: 'Correct the URL.' });
    const gateway: HarnessOptions = {
      tag: ({ image }) => (image.url?.endsWith('b.jpg') ? Promise.reject(notFound) : Promise.resolve(resultOf(image))),
    };
    const { results } = await tag(
      [
        byUrl('a.jpg'),
        byUrl('b.jpg'),
        file('page.jpg', files.html()),
        { ...file('gone.jpg'), source: { kind: 'file', path: join(folder, 'none') } },
      ],
      { gateway },
    );
    expect(Object.fromEntries(outcomesOf(results))).toEqual({
      'web/a.jpg': 'kitchen',
      'web/b.jpg': 'not-found',
      'house/page.jpg': 'not-an-image',
      'house/gone.jpg': 'not-found',
    });
    expect(results.find(({ input }) => input.imageId === 'web/b.jpg')?.outcome).toEqual({
      kind: 'failed',
      error: { code: 'not-found', message: 'Nothing there.', remedy: 'Correct the URL.' },
    });
  });

  it('tags the other URLs of a group with an invalid URL', async () => {
    const { results, sent } = await tag([byUrl('a.jpg'), byUrl('b.jpg', 'ftp://photos.example/b.jpg')]);
    expect(Object.fromEntries(outcomesOf(results))).toEqual({ 'web/a.jpg': 'kitchen', 'web/b.jpg': 'invalid-request' });
    expect(sent).toHaveLength(3);
  });

  it.each<[string, () => Response | Error]>([
    ['away for a moment', () => new TypeError('fetch failed')],
    ['busy', () => problem(429, 'rate-exceeded', { 'retry-after': '3' })],
    ['starting', () => problem(503, 'not-ready')],
  ])('retries while the gateway is %s', async (_name, trouble) => {
    const { results, sent } = await tag([byUrl('a.jpg')], {
      instead: (request) => (request <= 4 ? trouble() : undefined),
    });
    expect([outcomesOf(results), sent.length]).toEqual([[['web/a.jpg', 'kitchen']], 5]);
  });

  it('fails a photo if the gateway stays busy', async () => {
    const { results } = await tag([byUrl('a.jpg')], { instead: () => problem(503, 'not-ready') });
    expect(outcomesOf(results)).toEqual([['web/a.jpg', 'not-ready']]);
  });

  it.each<[string, () => Response | Error, string]>([
    [
      'cannot be reached',
      () => new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }),
      'No gateway answers at http://gateway.example/base/: connect ECONNREFUSED.',
    ],
    ['requires a key', () => problem(401, 'unauthorized'), 'The gateway says unauthorized: It is unauthorized.'],
    [
      'does not know the pipeline',
      () => problem(400, 'unknown-pipeline'),
      'The gateway says unknown-pipeline: It is unknown-pipeline.',
    ],
    ['is another web server', () => new Response('<h1>It works!</h1>', { status: 200 }), 'is not a Fanlight gateway'],
  ])('ends the run when the gateway %s', async (_name, answer, message) => {
    await expect(tag([byUrl('a.jpg')], { instead: answer })).rejects.toThrow(message);
  });
});
