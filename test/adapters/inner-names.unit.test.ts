import { describe, expect, it } from 'vitest';
import type { UrlFetcherOptions } from '../../adapters/url-fetcher/options.js';
import { createUrlFetcher } from '../../adapters/url-fetcher/url-fetcher.js';
import { deadLetterOf } from '../../runtime/failures/failure-handler.js';
import type { FanlightError } from '../../schemas/failure.js';
import { failureOf } from '../processors/support.js';
import { refusedNames } from './refused-names.js';
import { startHttpServer, startTcpServer } from './support.js';

const never = new AbortController().signal;

async function failureOfFetch(url: string, options: Partial<UrlFetcherOptions>): Promise<FanlightError> {
  const fetcher = createUrlFetcher(options);
  try {
    return await failureOf(fetcher.fetch(url, never));
  } finally {
    await fetcher.close();
  }
}

const record = { topic: 'fetch.bulk', partition: 0, offset: 1n, key: null, value: null, headers: {}, timestamp: 0 };
const where = { stage: 'fetch', input: 'fetch.bulk', lane: { name: 'bulk', retryDelays: [] } } as const;

/** Everything that the worker publishes about a failure, without the host name. */
function publishedOf(error: FanlightError, host: string) {
  const { code, kind, message, remedy, retryAfterMs } = error;
  const letter = deadLetterOf(record, error, where, 0).headers;
  const text = JSON.stringify({ code, kind, message, remedy, retryAfterMs, letter });
  return JSON.parse(text.replaceAll(host, 'HOST')) as Record<string, unknown>;
}

describe('inner host names stay secret', () => {
  it.each(refusedNames)('a URL whose name $name fails as an unknown name does', async ({ resolve, reason }) => {
    const reasons: string[][] = [];
    const onUnreachable = (...told: string[]) => void reasons.push(told);
    const unresolved = { resolve: () => Promise.reject(new Error('ENOTFOUND')) };
    const absent = await failureOfFetch('http://absent.example/', unresolved);
    const failure = await failureOfFetch('http://photos.example/1.jpg', { resolve, onUnreachable });
    expect(failure).toMatchObject({
      code: 'host-unreachable',
      kind: 'transient',
      message: 'photos.example cannot be reached: no permitted address is known for it.',
      remedy: expect.stringMatching(/FANLIGHT_FETCH_ALLOW.*FANLIGHT_CALLBACK_ALLOW/),
    });
    expect(failure.cause).toBeUndefined();
    expect(publishedOf(failure, 'photos.example')).toEqual(publishedOf(absent, 'absent.example'));
    expect(reasons).toEqual([['photos.example', reason]]);
  });

  it.each(refusedNames)('a redirect to a name that $name fails as an unknown name does', async ({ resolve }) => {
    const location = 'http://inner.example/';
    const server = await startHttpServer((_request, response) => response.writeHead(302, { location }).end());
    const options = { resolve, allowAddresses: ['127.0.0.1/32'] };
    const failure = await failureOfFetch(`http://127.0.0.1:${server.port}/`, options);
    expect([failure.code, failure.message]).toEqual([
      'host-unreachable',
      'inner.example cannot be reached: no permitted address is known for it.',
    ]);
    await server.close();
  });

  it('a port outside the allowed network fails as an unknown name does', async () => {
    const options = { resolve: async () => ['127.0.0.1'], allowAddresses: ['127.0.0.1/32:1'] };
    const failure = await failureOfFetch('http://photos.example:2/', options);
    expect([failure.code, failure.message]).toEqual([
      'host-unreachable',
      'photos.example cannot be reached: no permitted address is known for it.',
    ]);
  });

  it.each(refusedNames)('a name that $name does not reset the count of timeouts', async ({ resolve }) => {
    const hangs = () => new Promise<never>(() => undefined);
    const answers = [hangs, resolve, hangs, resolve];
    const fetcher = createUrlFetcher({
      resolve: (name) => (answers.shift() ?? expect.fail('There was one look-up more.'))(name),
      connectTimeoutMs: 20,
      hostHealth: { failuresToPause: 2, pauseMs: 60_000 },
    });
    const codes: string[] = [];
    for (let tries = 0; tries < 4; tries += 1) {
      codes.push((await failureOf(fetcher.fetch('http://photos.example/', never))).code);
    }
    expect(codes).toEqual(['host-timeout', 'host-unreachable', 'host-timeout', 'host-timeout']);
    expect(answers).toHaveLength(1);
    await fetcher.close();
  });

  it('the log has the addresses of an allowed host that refuses connections, and dead letters have none', async () => {
    const closed = await startTcpServer(() => undefined);
    await closed.close();
    const reasons: string[] = [];
    const failure = await failureOfFetch(`http://photos.example:${closed.port}/`, {
      resolve: async () => ['127.0.0.1', '127.0.0.2'],
      allowAddresses: ['127.0.0.0/8'],
      onUnreachable: (_host, reason) => void reasons.push(reason),
    });
    expect(failure.message).toBe('photos.example cannot be reached: it refuses connections.');
    expect(JSON.stringify(publishedOf(failure, 'photos.example'))).not.toContain('127.0.0');
    const refusal = (address: string) => `connect ECONNREFUSED ${address}:${closed.port}`;
    expect(reasons).toEqual([`${refusal('127.0.0.1')}; ${refusal('127.0.0.2')}`]);
  });
});
