import { topics } from '../../../schemas/topics.js';
import type { Lane } from '../../../topology/lanes.js';
import type { GroupPlan } from '../../../topology/topology.js';

interface Operation {
  readonly id: string;
  readonly action: 'receive' | 'send';
  readonly topic: string;
  readonly messageName: string;
  readonly summary: string;
  readonly groupId?: string | undefined;
}

/** Operations of Fanlight on the channels of a lane. */
export function laneOperations({ name }: Lane, plans: readonly GroupPlan[]): [string, object][] {
  const operations: readonly Operation[] = [
    {
      id: 'receiveListingImage',
      action: 'receive',
      topic: topics.listingImages(name),
      messageName: 'listingImage',
      summary: 'Tags the photo. Each event results in a tag result or a dead letter.',
      groupId: plans.find(({ input }) => input === topics.listingImages(name))?.group,
    },
    {
      id: 'sendImageTags',
      action: 'send',
      topic: topics.imageTags(name),
      messageName: 'imageTags',
      summary: 'The tags of one photo.',
    },
    {
      id: 'sendDeadLetter',
      action: 'send',
      topic: topics.deadLetters(name),
      messageName: 'deadLetter',
      summary: 'A record that could not be processed.',
    },
  ];
  return operations.map((operation) => [`${operation.id}.${name}`, describeOperation(operation)]);
}

function describeOperation({ action, topic, messageName, summary, groupId }: Operation): object {
  return {
    action,
    channel: { $ref: `#/channels/${topic}` },
    messages: [{ $ref: `#/channels/${topic}/messages/${messageName}` }],
    summary,
    ...(groupId === undefined
      ? {}
      : { bindings: { kafka: { groupId: { type: 'string', const: groupId }, bindingVersion: '0.5.0' } } }),
  };
}
