import { sleep } from '../../../primitives/clock.js';
import type { Random } from '../../../primitives/seeded-random.js';
import type { Operation } from '../../../processors/operation.js';
import type { ImageStore } from '../../../processors/ports.js';
import type { Tagged } from '../../../processors/merge-tags.js';
import type { ListingImage, Tag } from '../../../schemas/events.js';
import type { Lane } from '../../../topology/lanes.js';
import { definePipeline } from '../../../topology/pipeline.js';
import { stages } from '../../../topology/stages.js';
import { createTopology, type Topology } from '../../../topology/topology.js';
import type { PhotoHost } from './photo-host.js';

export const laneName = 'bulk';

export interface SimLane {
  readonly partitions: number;
  readonly window: number;
  /** Whether fetching and tagging are two stages, with a topic between them. */
  readonly isStaged: boolean;
  /** Rows of the queue that clients share; 0: FIFO. */
  readonly shares: number;
}

export interface Work {
  readonly host: PhotoHost;
  /** Of the process whose code runs. */
  readonly random: Random;
  /** Upper bound of the time of one operation (ms). */
  readonly longestMs: number;
}

/** Builds the topology of one worker process: a pipeline of two operations, in one lane. */
export function simTopology({ partitions, window, isStaged, shares }: SimLane, work: () => Work): Topology {
  const lane: Lane = {
    name: laneName,
    priority: 1,
    batchDelayMs: 0,
    deadlineMs: null,
    partitions,
    window,
    shares,
    retentionMs: 86_400_000,
    retryDelays: ['2s', '5s'],
    transactionsEveryMs: 50,
    niceness: 0,
  };
  const fetchPhoto: Operation<{ event: ListingImage }, string> = {
    name: 'fetch-photo',
    needs: 'io',
    open:
      ({ clock, images }) =>
      async ({ event }, { signal, waitUntil }) => {
        const { host, random, longestMs } = work();
        await sleep(clock, random() * longestMs, signal);
        const content = host.get(event.url ?? '');
        waitUntil(() => images.put(content, Buffer.alloc(0)));
        return content;
      },
  };
  const tagPhoto: Operation<{ content: string }, Tagged> = {
    name: 'tag-photo',
    needs: 'cpu',
    open:
      ({ clock }) =>
      async ({ content }, { signal }) => {
        const { random, longestMs } = work();
        await sleep(clock, random() * longestMs, signal);
        return {
          facts: { sha256: content, format: 'jpeg', width: 1, height: 1 },
          roomType: null,
          tags: [tagOf(content)],
        };
      },
  };
  const pipeline = definePipeline(
    'sim-photo@1',
    {
      content: { operation: fetchPhoto, from: { event: 'event' } },
      tagged: { operation: tagPhoto, from: { content: 'content' } },
    },
    'tagged',
  );
  const all = stages.map(({ name }) => name);
  const fused = { realtime: [all], bulk: isStaged ? [] : [all], backfill: [all] };
  return createTopology({
    pipelines: [pipeline],
    defaultPipeline: pipeline.id,
    stages,
    lanes: [lane],
    placement: { fused },
  });
}

/** Photos have different tags, so that a later result takes a photo out of a set. */
function tagOf(content: string): Tag {
  return { name: `tag-${content.slice(0, 1)}`, score: 0.9, model: 'scene@1', box: null };
}

/** The parts of the image store that the operations use. */
export type SimImages = Pick<ImageStore, 'put'>;
