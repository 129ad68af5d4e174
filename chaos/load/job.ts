import { sleep, systemClock as clock } from '../../primitives/clock.js';
import { pipeline, type SentEvent } from './sent-event.js';

/** A job that the gateway has accepted. */
export interface SentJob {
  readonly id: string;
  readonly images: readonly SentEvent[];
  /** Path at which the receiver gets the results. */
  readonly callbackPath: string;
}

interface JobOptions {
  readonly images: readonly SentEvent[];
  readonly callback: string;
  readonly callbackPath: string;
}

const giveUpAfterMs = 60_000;
const pauseMs = 500;

/**
 * Submits a job over HTTP. Repeats the request with the same `Idempotency-Key` while the gateway or a server that it
 * needs is away.
 *
 * @param gatewayUrl returns the address of a gateway that runs, which may change
 * @throws Error when no gateway accepts the job within 60 s
 */
export async function submitJob(
  gatewayUrl: () => string | undefined,
  { images, callback, callbackPath }: JobOptions,
): Promise<SentJob> {
  const body = JSON.stringify({
    pipeline,
    callback,
    images: images.map(({ event: { url, imageId, listingId } }) => ({ url, imageId, listingId })),
  });
  const giveUpAt = performance.now() + giveUpAfterMs;
  for (let problem = 'no gateway runs'; performance.now() < giveUpAt; await sleep(clock, pauseMs)) {
    const url = gatewayUrl();
    const answer = url === undefined ? problem : await post(`${url}/v1/jobs`, body, callbackPath);
    if (typeof answer !== 'string') return { id: answer.id, images, callbackPath };
    problem = answer;
  }
  throw new Error(`no gateway accepted the job within ${giveUpAfterMs / 1_000} s`);
}

/** Returns the job, or the reason why it was not accepted. */
async function post(url: string, body: string, key: string): Promise<{ readonly id: string } | string> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body,
      signal: AbortSignal.timeout(5_000),
    });
    const text = await answer.text();
    return answer.status === 202 ? (JSON.parse(text) as { readonly id: string }) : `${answer.status} ${text}`;
  } catch (error) {
    return (error as Error).message;
  }
}
