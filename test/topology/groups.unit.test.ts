import { describe, expect, it } from 'vitest';
import { sinkCatalogue } from '../../sinks/catalogue.js';
import { consumerGroups } from '../../processes/worker/groups.js';
import { sinkTopics } from '../../topology/groups.js';
import { fanlightTopology } from '../../topology/main.js';
import { topicSpecs } from '../../topology/topics.js';

describe.each(['staged', 'compact'] as const)('the consumer groups of the placement %s', (placement) => {
  const topology = fanlightTopology(placement, []);
  const groups = consumerGroups(topology);

  it('have unique names', () => {
    expect(new Set(groups.map(({ name }) => name)).size).toBe(groups.length);
  });

  it('read only created topics, and have partitions for at least one worker', () => {
    const created = topicSpecs(topology).map(({ name }) => name);
    for (const { name, topics, mostWorkers } of groups) {
      expect(
        topics.filter((topic) => !created.includes(topic)),
        name,
      ).toEqual([]);
      expect(mostWorkers, name).toBeGreaterThan(0);
    }
  });

  it('leave no queue, retry topic or job topic unread', () => {
    const read = new Set(groups.flatMap(({ topics }) => topics));
    // Gateways and clients read these topics in their own groups, or no process reads them.
    const others = /^(?:model-outputs\.|model-commands$|worker-models$|shadow-answers$|dead-letters\.callbacks$)/;
    const unread = topicSpecs(topology).filter(({ name }) => !read.has(name) && !others.test(name));
    expect(unread.map(({ name }) => name)).toEqual([]);
  });

  it('make a sink read the topics of its family in every lane', () => {
    const letters = { reads: { topic: (lane: string) => `letters.${lane}` } };
    expect(sinkTopics(letters, topology.lanes)).toEqual(['letters.realtime', 'letters.bulk', 'letters.backfill']);
    for (const { name, reads } of sinkCatalogue)
      expect(groups.find(({ role }) => role === `sink-${name}`)?.topics).toEqual(sinkTopics({ reads }, topology.lanes));
    expect(groups.find(({ role }) => role === 'sink-s3')?.topics).toEqual([
      'image-tags.realtime',
      'image-tags.bulk',
      'image-tags.backfill',
    ]);
  });

  it('name the worker that joins them and the lane', () => {
    const rows = groups.map(({ name, role, lane }) => [name, role, lane]);
    expect(rows).toEqual(
      expect.arrayContaining([
        ['fanlight.fetch.realtime', 'fetch', 'realtime'],
        ['fanlight.models.realtime', placement === 'staged' ? 'infer' : 'fetch', 'realtime'],
        ['fanlight.share.bulk', 'share', 'bulk'],
        ['fanlight.retry-5s.bulk', 'retry', 'bulk'],
        ['fanlight.jobs', 'jobs', null],
        ['fanlight.job-state', 'jobs', null],
        ['fanlight.callbacks', 'callbacks', null],
        ['fanlight.retry-6h.callbacks', 'callbacks', 'callbacks'],
        ['fanlight.sink-s3', 'sink-s3', null],
      ]),
    );
  });
});
