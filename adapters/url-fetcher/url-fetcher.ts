import { Agent, request, type Dispatcher } from 'undici';
import type { UrlFetcher } from '../../processors/ports.js';
import { Turns } from '../../primitives/turns.js';
import { FanlightError } from '../../schemas/failure.js';
import { createAddressRules } from '../outbound/address-rules.js';
import { hostTimeout, unreachable } from '../outbound/failures.js';
import { guardedConnect } from '../outbound/guarded-connection.js';
import { parseUrl } from '../outbound/http-url.js';
import { badStatus, brokenAnswer, emptyBody, redirectLimit, redirectLoop } from './failures.js';
import { HostHealth } from './host-health.js';
import { urlFetcherDefaults, type UrlFetcherOptions } from './options.js';
import { readBody } from './response-body.js';

/** The file, or the URL of the next hop. */
type Hop = { readonly bytes: Uint8Array } | { readonly location: URL };

/** Bounds for reading the rest of an answer of which only the status matters. */
const rest = { bytes: 16 * 1024, timeoutMs: 1_000 } as const;

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Returns a fetcher for files on the public web. `UrlFetcherOptions` has the bounds. */
export function createUrlFetcher(given: Partial<UrlFetcherOptions> = {}): UrlFetcher & { close(): Promise<void> } {
  const options = { ...urlFetcherDefaults, ...given };
  const agent = new Agent({
    connect: guardedConnect(createAddressRules(options.allowAddresses), options),
    connections: options.concurrencyPerHost,
    pipelining: 1,
    // The total timeout below covers slow answers. This one covers the rest of answers that is read in the background.
    headersTimeout: 0,
    bodyTimeout: options.totalTimeoutMs,
    maxHeaderSize: 32 * 1024,
  });
  const health = new HostHealth(options.clock, options.hostHealth);
  const turns = new Turns({ overall: options.concurrency, perKey: options.concurrencyPerHost });

  async function fetch(text: string, signal: AbortSignal): Promise<Uint8Array> {
    const visited = new Set<string>();
    let url = parseUrl(text);
    let leftMs = options.totalTimeoutMs;
    for (let redirects = 0; redirects <= options.maxRedirects; redirects++) {
      if (visited.has(url.href)) throw redirectLoop(url.hostname);
      visited.add(url.href);
      // Each hop takes a turn of its own: it must not hold a turn of the first host while it waits for the second.
      const release = await turns.take(url.hostname, signal);
      const startedAt = options.clock.now();
      try {
        // Checked after the wait for a turn, because the host may have failed meanwhile.
        health.check(url.hostname);
        const hop = await health.watch(url.hostname, () => fetchHop(url, leftMs, signal));
        if ('bytes' in hop) return hop.bytes;
        leftMs -= options.clock.now() - startedAt;
        url = hop.location;
      } finally {
        release();
      }
    }
    throw visited.has(url.href) ? redirectLoop(url.hostname) : redirectLimit(url.hostname, options.maxRedirects);
  }

  async function fetchHop(url: URL, limitMs: number, signal: AbortSignal): Promise<Hop> {
    signal.throwIfAborted();
    const abort = new AbortController();
    const onAbort = () => abort.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const cancelTimer = options.clock.schedule(Math.max(0, limitMs), () =>
      abort.abort(hostTimeout(url.hostname, 'send the file', options.totalTimeoutMs)),
    );
    try {
      const answer = await request(url, { dispatcher: agent, signal: abort.signal, headers: headersOf(options) });
      if (answer.statusCode === 200) return { bytes: await readBody(answer, url.hostname, options.maxBytes) };
      readRest(answer);
      if (redirectStatuses.has(answer.statusCode)) return { location: locationOf(url, answer) };
      throw answer.statusCode === 204 ? emptyBody(url.hostname) : badStatus(url.hostname, answer.statusCode);
    } catch (error) {
      if (abort.signal.aborted) throw abort.signal.reason;
      throw asFetchFailure(error, url.hostname);
    } finally {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Reads a short rest, which keeps the connection for the next image of this host. Cuts off a slow rest. */
  function readRest({ body }: Dispatcher.ResponseData): void {
    // The timeouts of the hop have ended, and the agent's own timeout restarts with every byte.
    const cancelTimer = options.clock.schedule(rest.timeoutMs, () => body.destroy());
    void body.dump({ limit: rest.bytes }).then(cancelTimer);
  }

  return { fetch, close: () => agent.destroy() };
}

function headersOf(options: UrlFetcherOptions): Record<string, string> {
  return {
    'user-agent': options.userAgent,
    accept: 'image/jpeg, image/png, image/webp, image/*;q=0.8, */*;q=0.1',
    'accept-encoding': 'identity',
  };
}

function locationOf(url: URL, { statusCode, headers }: Dispatcher.ResponseData): URL {
  const { location } = headers;
  if (typeof location !== 'string')
    throw brokenAnswer(url.hostname, `answered with status ${statusCode} but no location`);
  return parseUrl(location, url);
}

function asFetchFailure(error: unknown, host: string): unknown {
  if (error instanceof FanlightError) return error;
  if (!(error instanceof Error) || !('code' in error)) return error;
  const code = String(error.code);
  if (error.name === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW')
    return brokenAnswer(host, 'does not answer in valid HTTP', error);
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH')
    return brokenAnswer(host, 'sent a file of another length than announced', error);
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE') {
    return brokenAnswer(host, 'closed the connection before the whole file was sent', error);
  }
  return unreachable(host, code, error);
}
