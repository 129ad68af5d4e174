import { describe, expect, it } from 'vitest';
import { localDeployment } from '../../local/deployment.js';
import { readCuts } from '../../processes/config.js';
import { parseDedicated } from '../../topology/dedicated-queues.js';
import { fanlightTopology } from '../../topology/main.js';
import { dedicatedQueueOf } from '../../topology/topology.js';

const queuesOf = (...texts: string[]) => texts.flatMap((text) => parseDedicated(text) ?? []);

describe('the configuration of dedicated queues', () => {
  it('is parsed into a client or a model, and a lane', () => {
    expect(
      readCuts({ FANLIGHT_DEDICATED: 'client:acme@bulk, model:scene@1@backfill,client:a.b@c@realtime' })
        .FANLIGHT_DEDICATED,
    ).toEqual([
      { name: 'acme', lane: 'bulk', of: { client: 'acme' } },
      { name: 'scene-1', lane: 'backfill', of: { model: 'scene@1' } },
      { name: 'a-b-c', lane: 'realtime', of: { client: 'a.b@c' } },
    ]);
    expect(readCuts({}).FANLIGHT_DEDICATED).toEqual([]);
  });

  it('rejects an unknown placement', () => {
    expect(() => readCuts({ FANLIGHT_PLACEMENT: 'wrong' })).toThrow(
      'FANLIGHT_PLACEMENT: Invalid option: expected one of "staged"|"compact"',
    );
  });

  it.each(['acme@bulk', 'client:acme', 'client:acme@night', 'client:@bulk'])('rejects %s', (text) => {
    expect(() => readCuts({ FANLIGHT_DEDICATED: text })).toThrow(
      `FANLIGHT_DEDICATED: expected client:NAME@LANE or model:NAME@VERSION@LANE, not ${text}`,
    );
  });

  it.each([
    [queuesOf('model:scene@9@bulk'), 'no pipeline runs scene@9, which has a dedicated queue'],
    [queuesOf('client:a.b@bulk', 'client:a-b@bulk'), 'there are two dedicated queues a-b in bulk'],
  ])('rejects a topology with %j', (dedicated, problem) => {
    expect(() => fanlightTopology('staged', dedicated)).toThrow(problem);
  });
});

describe('a dedicated queue', () => {
  const dedicated = queuesOf('client:acme@bulk', 'model:scene@1@backfill', 'client:acme@realtime');
  const topology = fanlightTopology('compact', dedicated);
  const cuts = topology.plans.map(
    ({ group, input, partitions, outputs }) => `${group}: ${input} (${partitions}) → ${outputs.join(', ')}`,
  );

  it('has its own groups and topics behind the share group of the lane', () => {
    expect(cuts).toEqual([
      'fanlight.share.realtime: listing-images.realtime (4) → fetch.realtime, fetch.realtime.acme',
      'fanlight.fetch.realtime: fetch.realtime (4) → image-tags.realtime',
      'fanlight.fetch.realtime.acme: fetch.realtime.acme (4) → image-tags.realtime',
      'fanlight.share.bulk: listing-images.bulk (8) → fetch.bulk, fetch.bulk.acme',
      'fanlight.fetch.bulk: fetch.bulk (64) → image-tags.bulk',
      'fanlight.fetch.bulk.acme: fetch.bulk.acme (8) → image-tags.bulk',
      'fanlight.share.backfill: listing-images.backfill (8) → fetch.backfill, fetch.backfill.scene-1',
      'fanlight.fetch.backfill: fetch.backfill (64) → image-tags.backfill',
      'fanlight.fetch.backfill.scene-1: fetch.backfill.scene-1 (64) → image-tags.backfill',
    ]);
  });

  it('has the same stages as the lane, and no path to other queues', () => {
    const own = fanlightTopology('staged', dedicated).plans.filter(
      (plan) => dedicatedQueueOf(plan) === 'acme' && plan.lane.name === 'bulk',
    );
    expect(own.map(({ stage, outputs }) => [stage, ...outputs])).toEqual([
      ['fetch', 'infer.bulk.acme', 'crop.bulk.acme', 'compose.bulk.acme'],
      ['infer', 'crop.bulk.acme', 'compose.bulk.acme'],
      ['crop', 'inspect.bulk.acme'],
      ['inspect', 'compose.bulk.acme'],
      ['compose', 'image-tags.bulk'],
    ]);
  });

  it('has its own processes on one machine', () => {
    const processes = localDeployment(topology).filter(({ essential }) => essential);
    expect(processes.map(({ name, args }) => `${name}: ${args.join(' ')}`)).toEqual([
      'share.realtime: worker share --lanes realtime',
      'fetch.realtime: worker fetch --lanes realtime',
      'share.bulk+backfill: worker share --lanes bulk,backfill',
      'fetch.bulk+backfill: worker fetch --lanes bulk,backfill',
      'fetch.realtime.acme: worker fetch --lanes realtime --queue acme',
      'fetch.bulk.acme: worker fetch --lanes bulk --queue acme',
      'fetch.backfill.scene-1: worker fetch --lanes backfill --queue scene-1',
    ]);
  });
});
