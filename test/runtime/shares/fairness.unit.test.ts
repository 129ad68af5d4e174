import { describe, expect, it } from 'vitest';
import { createMemoryImageStore } from '../../../adapters/image-store/memory-image-store.js';
import { sleep } from '../../../primitives/clock.js';
import type { Ports } from '../../../processors/ports.js';
import { createDriver } from '../../../runtime/memory/driver.js';
import { createManualClock } from '../../../runtime/memory/manual-clock.js';
import { createMemoryCodec } from '../../../runtime/memory/memory-codec.js';
import { listingImageMessage } from '../../../runtime/records/listing-image.js';
import { headers } from '../../../schemas/headers.js';
import { parseDedicated, type DedicatedQueue } from '../../../topology/dedicated-queues.js';
import { placements, type Placement } from '../../../topology/placements.js';
import { listingImage } from '../../support/samples.js';
import { idleTopology } from '../lane-support.js';

/** Duration of each operation (ms). */
const workMs = 10;
const window = 16;

function createLane(placement: Pick<Placement, 'fused'>, dedicated: readonly DedicatedQueue[]) {
  const clock = createManualClock();
  const codec = createMemoryCodec();
  let sleeping = 0;
  const topology = idleTopology(
    placement,
    async () => {
      sleeping += 1;
      await sleep(clock, workMs);
      sleeping -= 1;
    },
    { dedicated },
  );
  const ports = { clock, images: createMemoryImageStore() } as unknown as Ports;
  const groups = topology.plans.filter(
    (plan) => plan.kind !== 'share' && plan.lane.name === 'bulk' && plan.queue === 'common',
  );
  return {
    clock,
    codec,
    maxInFlight: groups.length * window,
    opened: createDriver({ topology, ports, clock, codec, waiting: () => sleeping, window }),
  };
}

async function createScene(placement: Pick<Placement, 'fused'>, dedicated: readonly DedicatedQueue[] = []) {
  const { clock, codec, maxInFlight, opened } = createLane(placement, dedicated);
  const driver = await opened;
  return {
    driver,
    /** Upper bound of records in flight in all groups. */
    maxInFlight,
    async send(client: string | undefined, count: number, pipeline: string | null = null): Promise<void> {
      for (let n = 0; n < count; n += 1) {
        const event = listingImage({
          listingId: `${client}-${n}`,
          imageId: `${client}-${n}`,
          url: 'https://photos.example/1.jpg',
          pipeline,
        });
        const options = {
          lane: 'bulk',
          codec,
          now: clock.now(),
          source: '/test',
          traceparent: '00-1',
          ...(client === undefined ? {} : { client }),
        } as const;
        driver.write(await listingImageMessage(event, options));
      }
    },
    /** Returns the clients of the results, in the order of the results. */
    results: () => driver.read('image-tags.bulk').map(({ headers: texts }) => texts[headers.client]),
  };
}

describe.each(Object.entries(placements))('a lane of the placement %s with several clients', (_name, placement) => {
  it('tags ten images of one client before most of 2,000 earlier images of another', async () => {
    const { driver, maxInFlight, send, results } = await createScene(placement);
    await send('large', 2_000);
    await driver.advance(20 * workMs);
    const before = results().length;
    expect(before).toBeGreaterThan(window);
    expect(before).toBeLessThan(500);

    await send('small', 10);
    await driver.advance(20 * workMs);
    const since = results().slice(before);
    expect(since.filter((client) => client === 'small')).toHaveLength(10);
    // The records in flight come first. Then the clients take turns.
    expect(since.slice(0, since.lastIndexOf('small')).filter((client) => client === 'large').length).toBeLessThan(
      maxInFlight + 40,
    );
    await driver.advance(10_000 * workMs);
    expect(results()).toHaveLength(2_010);
  });

  it('gives two large clients the same throughput, regardless of their order and number of images', async () => {
    const { driver, send, results } = await createScene(placement);
    await send('first', 1_500);
    await send('second', 500);
    await driver.advance(60 * workMs);
    const done = results();
    const first = done.filter((client) => client === 'first').length;
    expect(done.length).toBeGreaterThan(200);
    expect(done.length).toBeLessThan(1_000);
    expect(Math.abs(first - done.length / 2)).toBeLessThan(0.1 * done.length);
  });

  it('treats all events without a client name as one client', async () => {
    const { driver, send, results } = await createScene(placement);
    await send(undefined, 1_500);
    await send('named', 500);
    await driver.advance(60 * workMs);
    const done = results();
    expect(Math.abs(done.filter((client) => client === undefined).length - done.length / 2)).toBeLessThan(
      0.1 * done.length,
    );
  });
});

describe.each(Object.entries(placements))('dedicated queues of the placement %s', (_name, placement) => {
  const dedicated = ['client:acme@bulk', 'model:large@1@bulk'].flatMap((text) => parseDedicated(text) ?? []);
  const queues = ['fetch.bulk', 'fetch.bulk.acme', 'fetch.bulk.large-1'];

  it('receive the events of their client or model, whose results go to the lane', async () => {
    const { driver, send, results } = await createScene(placement, dedicated);
    await send('acme', 3);
    await send('acme', 2, 'heavy@1');
    await send('other', 4, 'heavy@1');
    await send('other', 6);
    await driver.advance(100 * workMs);
    expect(queues.map((queue) => driver.read(queue).length)).toEqual([6, 5, 4]);
    expect(results().filter((client) => client === 'acme')).toHaveLength(5);
    expect(results()).toHaveLength(15);
  });

  it('do not wait for other clients', async () => {
    const { driver, send, results } = await createScene(placement, dedicated);
    await send('other', 1_000);
    await driver.advance(20 * workMs);
    const before = results().length;
    await send('acme', window);
    await driver.advance(10 * workMs);
    expect(
      results()
        .slice(before)
        .filter((client) => client === 'acme'),
    ).toHaveLength(window);
  });

  it('leave unreadable events to the common queue, where they become dead letters', async () => {
    const { driver } = await createScene(placement, dedicated);
    driver.write({ topic: 'listing-images.bulk', key: null, value: Buffer.from('no event'), headers: {} });
    await driver.advance(10 * workMs);
    expect(queues.map((queue) => driver.read(queue).length)).toEqual([1, 0, 0]);
    expect(driver.read('dead-letters.bulk').map(({ headers: texts }) => texts[headers.origin])).toEqual([
      'listing-images.bulk/0/0',
    ]);
  });
});
