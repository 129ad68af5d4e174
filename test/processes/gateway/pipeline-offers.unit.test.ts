import { expect, it } from 'vitest';
import { pipelineOffers } from '../../../processes/gateway/pipeline-offers.js';
import { fanlightTopology } from '../../../topology/main.js';

it('lists the default pipeline first, with exact model versions in place of aliases', () => {
  const topology = fanlightTopology('compact');
  const offers = pipelineOffers({ ...topology, defaultPipeline: 'moderation-only@1' });
  expect(offers.map(({ name }) => name)).toEqual([
    'moderation-only@1',
    ...[...topology.pipelines.keys()].filter((id) => id !== 'moderation-only@1'),
  ]);
  expect(offers.find(({ name }) => name === 'listing-photo@1')?.models).toEqual([
    'moderation@1',
    'quality@1',
    'room-type@1',
    'scene@1',
  ]);
});
