import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ImageTags } from '../../schemas/events.js';
import type { Sink, TagRecord } from '../../sinks/sink.js';
import type { FormerOwner, SinkFixture, SinkUnderTest } from './fixture.js';
import { startOfTime, tagRecord } from './records.js';
import { expected, sorted } from './stored-result.js';

/** A photo that was changed has this much later event time (ms). */
const later = 86_400_000;

/**
 * Tests that every sink must pass: whatever a former owner of the partition writes last, the store is as if it had not.
 */
export function formerOwnerConformance(subject: SinkUnderTest): void {
  describe(`sink ${subject.name} with a former owner`, { timeout: 120_000 }, () => {
    let scope: string;
    let fixture: SinkFixture;
    let current: Sink<ImageTags>;
    let former: FormerOwner;

    beforeEach(async () => {
      scope = `t${randomUUID().slice(0, 8)}-`;
      fixture = await subject.fixture(scope);
      current = fixture.create(30_000);
      former = await fixture.former();
      await current.open();
      await former.sink.open();
    });

    afterEach(async () => {
      await current.close();
      await former.sink.close();
      await former.link.close();
      await fixture.dispose();
    });

    function record(n: number, changes: Partial<ImageTags> = {}): TagRecord {
      const { listingId, imageId } = tagRecord(n).value;
      return tagRecord(n, { listingId: `${scope}${listingId}`, imageId: `${scope}${imageId}`, ...changes });
    }
    const records = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => record(from + at));
    /** New results of the photos 0 to 4, behind the records up to 9: of the n-th change, with the n-th tag. */
    const changed = (n: number) =>
      records(0, 5).map(({ value }, at) => ({
        ...record(at, { ...value, eventTime: startOfTime + n * later, tags: value.tags.slice(n, n + 1) }),
        offset: String(5 + 5 * n + at),
      }));
    const stored = async () => sorted(await fixture.read());

    const handOvers = [
      { name: 'the same batch', formerly: () => records(0, 10), now: () => [records(0, 10)] },
      { name: 'a shorter batch', formerly: () => records(0, 4), now: () => [records(0, 10)] },
      { name: 'a longer batch', formerly: () => records(0, 10), now: () => [records(0, 4), records(4, 10)] },
      { name: 'a batch from the middle', formerly: () => records(4, 8), now: () => [records(0, 4), records(4, 10)] },
      {
        name: 'results that are older',
        formerly: () => records(0, 10),
        now: () => [records(0, 10), changed(1)],
      },
      {
        name: 'results that are older, of photos that the store has',
        formerly: () => changed(1),
        now: () => [changed(1), changed(2)],
      },
    ];

    /** The former owner writes the records before its batch. Its last commit says so. */
    async function writeBefore(batch: readonly TagRecord[]): Promise<void> {
      const before = records(0, Number(batch[0]?.offset));
      expect(await former.sink.write(before)).toEqual([]);
    }

    async function takeOver(begun: readonly TagRecord[], batches: readonly (readonly TagRecord[])[]): Promise<void> {
      for (const batch of batches) expect(await current.write(batch)).toEqual([]);
      const all = [...records(0, Number(begun[0]?.offset)), ...batches.flat()];
      // Later records are newer.
      const kept = new Map(all.map((one) => [subject.keeps === 'history' ? one.offset : one.value.imageId, one]));
      expect(await stored()).toEqual(expected([...kept.values()]));
    }

    test.each(handOvers)('is as if the former owner had not written last: $name', async ({ formerly, now }) => {
      await writeBefore(formerly());
      await takeOver(formerly(), now());
      const before = await stored();
      await former.sink.write(formerly());
      expect(await stored()).toEqual(before);
    });

    test.each(handOvers)('is as if a request in flight had not arrived last: $name', async ({ formerly, now }) => {
      const batch = formerly();
      await writeBefore(batch);
      const assignment = new AbortController();
      const held = former.link.hold(former.writesOf(batch.length));
      const written = former.sink.write(batch, assignment.signal).catch(() => 'failed');
      await held;
      assignment.abort(new Error('revoked'));
      await takeOver(batch, now());
      const before = await stored();
      await former.link.release();
      expect(await stored()).toEqual(before);
      await written;
    });

    test('begins no request after its records are revoked', async () => {
      const assignment = new AbortController();
      assignment.abort(new Error('revoked'));
      await expect(former.sink.write(records(0, 10), assignment.signal)).rejects.toMatchObject({
        code: 'sink-unavailable',
      });
      expect(await stored()).toEqual([]);
    });

    /** Two results of one photo, of events that entered at the same time. The second has the greater id. */
    const tied = () =>
      ['a', 'b'].map((sha256, at) => ({
        ...record(0, { contentSha256: sha256.repeat(64), tags: record(at).value.tags.slice(at, at + 3) }),
        offset: String(at),
      }));

    test.each([
      { name: 'in order', order: [0, 1] },
      { name: 'the other way round', order: [1, 0] },
    ])('keeps the same one of two results of the same time that arrive $name', async ({ order }) => {
      const results = tied();
      const [lesser, greater] = results;
      expect(lesser && greater && lesser.id < greater.id).toBe(true);
      for (const at of order) await (at === 0 ? former.sink : current).write([results[at] as TagRecord]);
      expect(await stored()).toEqual(expected(subject.keeps === 'history' ? results : results.slice(1)));
    });
  });
}
