import { topics } from '../../../schemas/topics.js';
import type { Lane } from '../../../topology/lanes.js';
import type { AsyncApiSources } from './sources.js';

/** The channels of a lane: one for each public topic. */
export function laneChannels(lane: Lane, sources: AsyncApiSources): [string, object][] {
  const { name, deadlineMs, retryDelays } = lane;
  const channel = (topic: string, description: string, messageNames: readonly string[]): [string, object] => {
    const described = sources.topics.find((candidate) => candidate.name === topic);
    if (!described) throw new Error(`sources.topics lacks the topic ${topic}`);
    const { partitions, retentionMs } = described;
    return [
      topic,
      {
        address: topic,
        description,
        messages: Object.fromEntries(
          messageNames.map((message) => [message, { $ref: `#/components/messages/${message}` }]),
        ),
        bindings: {
          kafka: { topic, partitions, topicConfiguration: { 'retention.ms': retentionMs }, bindingVersion: '0.5.0' },
        },
        'x-fanlight-lane': { name, deadlineMs, retryDelays },
      },
    ];
  };
  return [
    channel(topics.listingImages(name), `Photos to tag, lane ${name}.`, ['listingImage']),
    channel(topics.imageTags(name), `Tag results, lane ${name}.`, ['imageTags']),
    channel(
      topics.deadLetters(name),
      `Records that failed permanently, lane ${name}, with the reason in the headers.`,
      ['deadLetter', 'replayMarker'],
    ),
  ];
}
