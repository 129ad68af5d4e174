import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { withAdmin } from '../../runtime/kafka/topics/admin.js';
import { unreadableText } from '../../runtime/kafka/read/skipped-batch.js';
import { startConsumer } from '../../runtime/kafka/consumer/consumer.js';
import type { Message } from '../../runtime/records/message.js';
import type { ImageTags } from '../../schemas/events.js';
import { headers } from '../../schemas/headers.js';
import { imageTagsId } from '../../schemas/ids.js';
import type { LaneName } from '../../schemas/lanes.js';
import { topics } from '../../schemas/topics.js';
import { coloursFor } from '../client/colours.js';
import { exitCodes } from '../client/exit-codes.js';
import { withClient } from '../client/deployment-client.js';
import { photoLine } from '../tag/photo-line.js';
import { RecentIds } from './recent-ids.js';
import { aborted, stopSignal } from '../client/stop-signal.js';

export interface SubscribeCommandOptions {
  readonly lane: readonly LaneName[];
  readonly fromBeginning?: boolean;
  readonly group?: string;
  readonly limit?: number;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** Number of ids remembered to drop duplicates (about 10 MB). Duplicates follow a restart within minutes. */
const rememberedIds = 100_000;

/** Prints tag results until the limit or a signal. With a group, the offsets of printed results are committed. */
export async function runSubscribe(options: SubscribeCommandOptions, environment: NodeJS.ProcessEnv): Promise<number> {
  const signal = stopSignal();
  return withClient('subscribe', environment, async ({ services }) => {
    const { kafka, codec, clock, logger } = services;
    const group = options.group ?? `fanlight.subscribe.${randomUUID()}`;
    const limit = options.limit ?? Infinity;
    const recent = new RecentIds(rememberedIds);
    const colours = coloursFor(process.stdout);
    const reached = new AbortController();
    const failure: { error?: unknown } = {};
    let printed = 0;
    // The consumer hands over several records at a time; they are printed one by one, in order within a partition.
    let previous: Promise<void> = Promise.resolve();

    async function print(message: Message, stop: AbortSignal): Promise<void> {
      if (printed >= limit) await aborted(stop);
      if (stop.aborted) throw stop.reason; // not printed, so not committed either
      const result = await read(message);
      if (!result || (recent.seen(result.id) && !options.all)) return;
      printed += 1;
      const line = options.json ? JSON.stringify({ id: result.id, ...result.tags }) : lineOf(result.tags, colours);
      // Back-pressure: a slow reader delays this write, which fills the window of the consumer, which stops fetching.
      if (!process.stdout.write(`${line}\n`)) await Promise.race([once(process.stdout, 'drain'), aborted(stop)]);
      if (printed >= limit) reached.abort();
    }

    async function read(message: Message): Promise<{ id: string; tags: ImageTags } | undefined> {
      if (message.unreadableBatch) {
        process.stderr.write(`${unreadableText(message, message.unreadableBatch)}\n`);
        return undefined;
      }
      try {
        const tags = (await codec.decode('image-tags', message.value)) as ImageTags;
        return { id: message.headers[headers.ceId] ?? imageTagsId(tags), tags };
      } catch (error) {
        process.stderr.write(
          `${message.topic}/${message.partition}/${message.offset} is not a tag result: ${(error as Error).message}\n`,
        );
        return undefined;
      }
    }

    const consumer = await startConsumer({
      kafka,
      group,
      topics: options.lane.map(topics.imageTags),
      fromBeginning: options.fromBeginning ?? false,
      window: { items: 500, bytes: 32 * 2 ** 20 },
      process(message, stop) {
        const turn = previous.then(() => print(message, stop));
        previous = turn.catch(() => undefined); // the consumer, which awaits `turn`, reports the error
        return turn;
      },
      onFatal(error) {
        failure.error = error;
        reached.abort();
      },
      clock,
      random: Math.random,
      logger,
    });
    await Promise.race([aborted(signal), aborted(reached.signal)]);
    await consumer.stop(100);
    if (options.group === undefined) await withAdmin(kafka, (admin) => admin.deleteGroups([group]));
    if ('error' in failure) throw failure.error;
    return exitCodes.done;
  });
}

function lineOf(tags: ImageTags, colours: ReturnType<typeof coloursFor>): string {
  const { listingId, imageId } = tags;
  const input = { image: imageId, imageId, listingId, source: { kind: 'url', url: tags.url ?? '' } } as const;
  return photoLine({ input, outcome: { kind: 'tagged', tags } }, colours);
}
