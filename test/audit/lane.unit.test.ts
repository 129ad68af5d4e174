import { randomFrom } from '../../primitives/seeded-random.js';
import { describe, expect, it } from 'vitest';
import { auditLane } from '../../audit/lane.js';
import { errorHeaders, headers } from '../../schemas/headers.js';
import { deriveId } from '../../schemas/ids.js';
import { topics } from '../../schemas/topics.js';
import { fanlightTopology } from '../../topology/main.js';
import { createWorld } from './world.js';

const topology = fanlightTopology('staged');
const lane = topology.lanes.find(({ name }) => name === 'bulk')!;
const plans = topology.plans.filter((plan) => plan.lane === lane);
const [share, fetch, ...behind] = [plans[0]!, plans[1]!, ...plans.slice(2)];
const tags = topics.imageTags('bulk');
const letters = topics.deadLetters('bulk');

/** A world in which only the test moves records. */
function stillWorld() {
  const world = createWorld({ ...lane, retryDelays: lane.retryDelays }, [], () => 1);
  const enter = (id: string) => {
    world.event(id);
    world.work(share);
  };
  return { ...world, enter, audit: async (now = 0) => (await auditLane(world.look, lane, plans, () => now)).audit };
}

const nothing = {
  lane: 'bulk',
  inputs: { records: 0, distinct: 0 },
  tagged: 0,
  repeats: 0,
  dead: 0,
  cancelled: 0,
  inFlight: 0,
  unexpected: 0,
  lost: 0,
  expired: 0,
  examples: [],
  balanced: true,
};

describe('auditLane, without movement', () => {
  it('balances an empty lane', async () => {
    expect(await stillWorld().audit()).toEqual(nothing);
  });

  it('counts each input once: tagged, dead, in a queue, in a retry topic', async () => {
    const world = stillWorld();
    for (const id of ['tagged', 'dead', 'retried', 'queued']) world.enter(id);
    world.event('waiting');
    world.work(fetch, 0);
    for (const plan of behind) world.work(plan, 0);
    world.work(fetch, 0.95);
    world.work(fetch, 0.8);
    world.work(fetch, 0);
    expect(await world.audit()).toEqual({
      ...nothing,
      inputs: { records: 5, distinct: 5 },
      tagged: 1,
      dead: 1,
      inFlight: 3,
    });
  });

  it('counts inputs that were skipped because their job was cancelled', async () => {
    const world = stillWorld();
    for (const id of ['cancelled', 'queued']) world.enter(id);
    world.cancel(fetch);
    expect(await world.audit()).toEqual({ ...nothing, inputs: { records: 2, distinct: 2 }, cancelled: 1, inFlight: 1 });
  });

  it('reports inputs that were committed without an output as lost', async () => {
    const world = stillWorld();
    world.enter(deriveId('a'));
    world.enter(deriveId('b'));
    world.lose(fetch);
    expect(await world.audit()).toEqual({
      ...nothing,
      inputs: { records: 2, distinct: 2 },
      inFlight: 1,
      lost: 1,
      examples: [
        {
          origin: deriveId('a'),
          event: 'listing-images.bulk/0/0',
          listingId: 'listing',
          time: '1970-01-01T00:00:00.000Z',
        },
      ],
      balanced: false,
    });
  });

  it('counts missing inputs older than the retention of results as expired, not lost', async () => {
    const world = stillWorld();
    world.enter('old');
    world.lose(fetch);
    expect(await world.audit(lane.retentionMs + 1_000)).toEqual({
      ...nothing,
      inputs: { records: 1, distinct: 1 },
      expired: 1,
    });
  });

  it('counts repeated events and results as repeats', async () => {
    const world = stillWorld();
    world.enter('a');
    world.enter('a');
    world.work(fetch, 0);
    world.work(fetch, 0);
    for (const plan of [...behind, ...behind]) world.work(plan, 0);
    expect(await world.audit()).toEqual({ ...nothing, inputs: { records: 2, distinct: 1 }, tagged: 1, repeats: 1 });
  });

  it('counts a replayed dead letter as in flight, and then as tagged', async () => {
    const world = stillWorld();
    world.enter('a');
    world.work(fetch, 0.95);
    expect(await world.audit()).toMatchObject({ dead: 1, inFlight: 0, tagged: 0, lost: 0 });
    world.replay(world.records(letters)[0]);
    expect(await world.audit()).toMatchObject({ dead: 0, inFlight: 1, tagged: 0, lost: 0 });
    world.work(share);
    expect(await world.audit()).toMatchObject({ dead: 0, inFlight: 1, tagged: 0, lost: 0 });
    world.work(fetch, 0);
    for (const plan of behind) world.work(plan, 0);
    expect(await world.audit()).toMatchObject({ dead: 0, inFlight: 0, tagged: 1, lost: 0 });
  });

  it('counts an input with both a dead letter and a result as tagged', async () => {
    const world = stillWorld();
    world.enter('a');
    world.write(letters, { [headers.origin]: 'a', [errorHeaders.code]: 'not-found', [errorHeaders.stage]: 'fetch' });
    world.write(tags, { [headers.origin]: 'a' });
    expect(await world.audit()).toMatchObject({ tagged: 1, dead: 0, inFlight: 0, lost: 0 });
  });

  it('counts an input as tagged although a store refused its result', async () => {
    const world = stillWorld();
    world.enter('a');
    world.write(tags, { [headers.origin]: 'a' });
    world.write(letters, {
      [headers.origin]: 'a',
      [errorHeaders.code]: 'sink-rejected',
      [errorHeaders.stage]: 'sink-solr',
    });
    const { audit, refusedBySink } = await auditLane(world.look, lane, plans, () => 0);
    expect(audit).toMatchObject({ tagged: 1, dead: 0, balanced: true });
    expect([...refusedBySink]).toEqual([['sink-solr', 1]]);
  });

  it('counts results without an input as unexpected', async () => {
    const world = stillWorld();
    world.write(tags, { [headers.origin]: 'gone' });
    expect(await world.audit()).toEqual({ ...nothing, unexpected: 1 });
  });
});

describe('auditLane, while records move between reads', () => {
  const seeds = Array.from({ length: 200 }, (_, seed) => seed);

  async function auditMoving(seed: number, losses: number) {
    const random = randomFrom(seed);
    const world = createWorld(lane, plans, random);
    for (let n = 0; n < 30; n += 1) world.event(deriveId(String(n)));
    for (let n = 0; n < losses; n += 1) world.lose(share);
    const { audit } = await auditLane(world.look, lane, plans, () => 0);
    return audit;
  }

  it('never counts a moving record as lost', async () => {
    const wrong = [];
    for (const seed of seeds) {
      const { inputs, tagged, dead, inFlight, lost, unexpected } = await auditMoving(seed, 0);
      if (lost > 0 || unexpected > 0 || tagged + dead + inFlight !== inputs.distinct)
        wrong.push({ seed, lost, unexpected });
    }
    expect(wrong).toEqual([]);
  });

  it('finds every lost record', async () => {
    const found = new Set<number>();
    for (const seed of seeds) found.add((await auditMoving(seed, 2)).lost);
    expect([...found]).toEqual([2]);
  });
});
