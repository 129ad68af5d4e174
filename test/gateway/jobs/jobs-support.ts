import type { JobAnswer } from '../../../gateway/jobs/job-answer.js';
import type { Problem } from '../../../http/problems/problem.js';
import { knownJob } from './fake-jobs.js';
import { gatewayHarness } from '../harness.js';

export const url = 'https://photos.example/1.jpg';
export const line = (n: number, more: object = {}) => `${JSON.stringify({ url: `${url}?${n}`, ...more })}\n`;

/** Sends a request to `/v1/jobs` and reads its answer. */
export async function submit(init: RequestInit, query = '', harness = gatewayHarness()) {
  const response = await harness.app.request(`/v1/jobs${query}`, init);
  return { harness, response, job: (await response.json()) as JobAnswer & Problem };
}

/** A request whose body the test sends piece by piece. */
export function streamed() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
  // Node requires `duplex` for a streamed body. The type does not have it.
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body,
    duplex: 'half',
  } as RequestInit;
  return {
    init,
    send: (text: string) => controller?.enqueue(Buffer.from(text)),
    end: () => controller?.close(),
    break: () => controller?.error(new Error('cut off')),
  };
}

/** A gateway that knows the job, and the path of the job. */
export function harnessWith(job = knownJob()) {
  const harness = gatewayHarness();
  void harness.jobs.services.queue.announce(job);
  return { harness, path: `/v1/jobs/${job.id}`, id: job.id };
}
