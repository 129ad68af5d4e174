import type { JobServices } from '../../../gateway/jobs/job-services.js';
import type { JobImage } from '../../../jobs/submission/job-queue.js';
import { failedResult, taggedResult } from '../../../jobs/results/job-result.js';
import { newJobStatus, type JobStatus } from '../../../jobs/state/job-status.js';
import type { ListedPart } from '../../../jobs/state/job-states.js';
import { FanlightError } from '../../../schemas/failure.js';
import type { Job, JobResult } from '../../../schemas/jobs.js';
import { imageTags } from '../../sinks/records.js';

/** Job services in memory. An announced job is visible at once. The test adds the results. */
export function fakeJobs() {
  const announced: Job[] = [];
  const sent: { job: string; images: readonly JobImage[] }[] = [];
  const statuses = new Map<string, JobStatus>();
  const listed = new Map<string, ListedPart[]>();
  const stored = new Map<string, readonly JobResult[]>();
  const lookUps: string[] = [];
  let away = false;
  let cutOff = false;
  const acknowledge = () => (cutOff ? new Promise<void>(() => undefined) : Promise.resolve());
  const ask = <T>(value: T): Promise<T> =>
    away
      ? Promise.reject(new FanlightError({ code: 'store-unavailable', message: 'Redis is away.', remedy: 'Start it.' }))
      : Promise.resolve(value);

  const services: JobServices = {
    queue: {
      announce(job) {
        announced.push(job);
        const before = statuses.get(job.id) ?? { ...newJobStatus(job), samples: [[job.createdAt, 0]] };
        statuses.set(job.id, { ...before, job });
        return acknowledge();
      },
      send(job, images) {
        sent.push({ job: job.id, images });
        return acknowledge();
      },
      isCancelled: (id) => statuses.get(id)?.job.state === 'cancelled',
    },
    states: {
      find: (id) => (lookUps.push(id), ask(statuses.get(id))),
      list(client, before, count) {
        const ids = [...statuses.keys()]
          .filter((id) => statuses.get(id)?.job.client === client && (before === undefined || id < before))
          .sort()
          .reverse()
          .slice(0, count);
        return ask({
          jobs: ids.flatMap((id) => statuses.get(id) ?? []),
          next: ids.length < count ? undefined : ids.at(-1),
        });
      },
      parts: (id, first, count) => ask((listed.get(id) ?? []).slice(first, first + count)),
    },
    parts: {
      read(key) {
        const results = stored.get(key);
        if (results) return Promise.resolve(results);
        return Promise.reject(new FanlightError({ code: 'claim-missing', message: 'Gone.', remedy: 'None.' }));
      },
    },
    checkCallback(uri) {
      if (uri.startsWith('https://')) return;
      throw new FanlightError({ code: 'invalid-callback', message: `${uri} is none.`, remedy: 'Use https.' });
    },
  };

  return {
    services,
    announced,
    sent,
    /** Ids of looked-up jobs. */
    lookUps,
    setAway: (value: boolean) => void (away = value),
    /** From now on the queue neither acknowledges nor refuses records. */
    cutOff: () => void (cutOff = true),
    change(id: string, change: Partial<JobStatus>) {
      statuses.set(id, { ...(statuses.get(id) as JobStatus), ...change });
    },
    forget: () => stored.clear(),
    /**
     * Adds a part.
     *
     * @param items positions; a negative position -n means that image n failed
     * @param repeated line numbers of images that an earlier part contains
     */
    addPart(id: string, items: readonly number[], repeated: readonly number[] = []) {
      const parts = listed.get(id) ?? [];
      const key = `${id}/${parts.length}`;
      const results = items.map((item) => {
        const image = {
          job: id,
          item: Math.abs(item),
          reference: null,
          listingId: 'l',
          imageId: `image-${Math.abs(item)}`,
          url: null,
        };
        return item >= 0
          ? taggedResult(image, imageTags(item))
          : failedResult(
              image,
              new FanlightError({ code: 'not-found', message: 'Nothing is there.', remedy: 'Correct the URL.' }),
            );
      });
      stored.set(key, results);
      listed.set(id, [...parts, { key, lines: items.length, repeated }]);
      const status = statuses.get(id) as JobStatus;
      statuses.set(id, { ...status, parts: parts.length + 1 });
    },
  };
}

/** Returns a job that was created at the start time of the harness. */
export function knownJob(changes: Partial<Job> = {}): Job {
  return {
    id: '018bcfe56800000000000000000000aa',
    client: null,
    pipeline: 'listing-photo@1',
    lane: 'bulk',
    callback: null,
    state: 'accepted',
    images: 10,
    createdAt: 1_700_000_000_000,
    updatedAt: 1_700_000_000_000,
    ...changes,
  };
}
