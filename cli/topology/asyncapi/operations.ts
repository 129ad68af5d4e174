import { topics } from '../../../schemas/topics.js';
import type { Lane } from '../../../topology/lanes.js';
import type { GroupPlan } from '../../../topology/topology.js';

/** Operations of Fanlight on the channels of a lane. */
export function laneOperations({ name }: Lane, plans: readonly GroupPlan[]): [string, object][] {
  const operation = (
    id: string,
    action: 'receive' | 'send',
    topic: string,
    messageName: string,
    summary: string,
    groupId?: string,
  ): [string, object] => [
    `${id}.${name}`,
    {
      action,
      channel: { $ref: `#/channels/${topic}` },
      messages: [{ $ref: `#/channels/${topic}/messages/${messageName}` }],
      summary,
      ...(groupId === undefined
        ? {}
        : { bindings: { kafka: { groupId: { type: 'string', const: groupId }, bindingVersion: '0.5.0' } } }),
    },
  ];
  const group = plans.find(({ input }) => input === topics.listingImages(name))?.group;
  return [
    operation(
      'receiveListingImage',
      'receive',
      topics.listingImages(name),
      'listingImage',
      'Tags the photo. Each event results in a tag result or a dead letter.',
      group,
    ),
    operation('sendImageTags', 'send', topics.imageTags(name), 'imageTags', 'The tags of one photo.'),
    operation(
      'sendDeadLetter',
      'send',
      topics.deadLetters(name),
      'deadLetter',
      'A record that could not be processed.',
    ),
  ];
}
