import type { SentJob } from '../load/job.js';
import type { HookReceiver } from '../stack/hook-receiver.js';
import type { JobEvidence } from './evidence.js';

interface JobAnswer {
  readonly state: string;
  readonly images: number;
  readonly tagged: number;
  readonly failed: number;
}

/** Returns what the job still waits for; undefined once it has ended and its callback got the summary. */
export async function jobWaitsFor(
  gatewayUrl: string | undefined,
  job: SentJob,
  hooks: HookReceiver,
): Promise<string | undefined> {
  if (gatewayUrl === undefined) return 'no gateway runs';
  try {
    const { state, images, tagged, failed } = await get<JobAnswer>(`${gatewayUrl}/v1/jobs/${job.id}`);
    if (state !== 'finished' && state !== 'cancelled')
      return `the job is ${state}: ${tagged} tagged and ${failed} failed of ${images}`;
  } catch (error) {
    if (error instanceof TypeError || (error as Error).name === 'TimeoutError') return (error as Error).message;
    throw error;
  }
  const { items, summaries } = hooks.received(job.callbackPath);
  return summaries.length === 0 ? `the callback got ${items.length} results and no summary` : undefined;
}

/** Reads the job as its client does. */
export async function readJob(gatewayUrl: string, job: SentJob, hooks: HookReceiver): Promise<JobEvidence> {
  const { state, images, tagged, failed } = await get<JobAnswer>(`${gatewayUrl}/v1/jobs/${job.id}`);
  const items: number[] = [];
  for (let next: string | undefined = `/v1/jobs/${job.id}/results`; next !== undefined;) {
    const answer: Response = await fetch(gatewayUrl + next, { signal: AbortSignal.timeout(10_000) });
    const lines = (await answer.text()).split('\n').filter((line) => line !== '');
    items.push(...lines.map((line) => (JSON.parse(line) as { readonly item: number }).item));
    const following: string | undefined = /^<(.+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
    // A job that has not ended always has a next page.
    next = lines.length === 0 ? undefined : following;
  }
  return { state, images, tagged, failed, items, callbacks: hooks.received(job.callbackPath) };
}

async function get<Answer>(url: string): Promise<Answer> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new TypeError(`${url} answers ${answer.status}`);
  return (await answer.json()) as Answer;
}
