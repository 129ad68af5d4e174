import { setTimeout as delay } from 'node:timers/promises';
import { openImageStore } from '../../processes/pipeline-ports.js';
import type { DeploymentClient } from '../../cli/client/deployment-client.js';
import { withAdmin } from '../../runtime/kafka/topics/admin.js';
import { fetchLag, totalLag } from '../../runtime/kafka/lag/lag.js';
import { followTopics } from '../../runtime/kafka/read/topic-follower.js';
import { sinkGroup } from '../../topology/groups.js';
import { listingImageMessage } from '../../runtime/records/listing-image.js';
import { continueTrace } from '../../primitives/trace-context.js';
import { sha256Hex } from '../../schemas/ids.js';
import { topics } from '../../schemas/topics.js';

/** Puts the photos into the image store, from which both the bare loop and the system fetch them. */
export async function uploadPhotos({ config }: DeploymentClient, photos: readonly Buffer[]): Promise<string[]> {
  const images = openImageStore(config);
  const urls: string[] = [];
  for (const photo of photos) {
    const key = sha256Hex(photo);
    await images.put(key, photo);
    urls.push(images.urlOf(key));
  }
  return urls;
}

export interface BulkRun {
  readonly pipeline: string;
  readonly urls: readonly string[];
  /** Part of the image ids, so that each run has its own results. */
  readonly run: string;
  /** Called once a twentieth of the images is tagged: by then all stages are busy. */
  readonly onUnderWay?: () => void;
}

/**
 * Publishes one event per image and waits until S3, Solr and Redis have every result.
 *
 * @returns seconds from the first event to the last write
 */
export async function bulkRun(
  client: DeploymentClient,
  { pipeline, urls, run, onUnderWay = () => undefined }: BulkRun,
): Promise<number> {
  const { kafka, codec, publisher, clock, logger, metrics, randomHex } = client.services;
  return withAdmin(kafka, async (admin) => {
    const results = topics.imageTags('bulk');
    // End offsets would count the markers of transactions too.
    let tagged = 0;
    const follower = await followTopics({
      ...{ kafka, logger, metrics, topics: [results], from: 'end', name: 'bench', clock },
      onMessage: () => Promise.resolve(void (tagged += 1)),
    });
    const dead = async () =>
      (await admin.fetchTopicOffsets(topics.deadLetters('bulk'))).reduce((sum, { high }) => sum + Number(high), 0);
    const deadBefore = await dead();
    const begun = performance.now();
    await publisher.publish(
      await Promise.all(
        urls.map((url, index) =>
          listingImageMessage(
            // Four photos per listing, so that keys spread over the partitions as in production.
            {
              listingId: `bench-${Math.floor(index / 4)}`,
              imageId: `${run}-${index}`,
              url,
              content: null,
              pipeline,
              attributes: {},
            },
            {
              lane: 'bulk',
              codec,
              now: clock.now(),
              source: '/fanlight/bench',
              traceparent: continueTrace(undefined, randomHex).traceparent,
            },
          ),
        ),
      ),
    );
    for (let underWay = false; tagged < urls.length;) {
      if (!underWay && tagged >= urls.length / 20) {
        underWay = true;
        onUnderWay();
      }
      if ((await dead()) > deadBefore)
        throw new Error('a photo of the benchmark became a dead letter, so the figures are invalid');
      await delay(100);
    }
    const groups = ['s3', 'solr', 'redis'].map(sinkGroup);
    const behind = async () =>
      (await Promise.all(groups.map((group) => fetchLag(admin, group, [results])))).reduce(
        (sum, lag) => sum + totalLag(lag),
        0,
      );
    while ((await behind()) > 0) await delay(100);
    const seconds = (performance.now() - begun) / 1_000;
    await follower.close();
    return seconds;
  });
}
