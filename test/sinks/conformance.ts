import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ImageTags } from '../../schemas/events.js';
import type { Sink, TagRecord } from '../../sinks/sink.js';
import type { SinkFixture, SinkUnderTest } from './fixture.js';
import { formerOwnerConformance } from './former-owner.js';
import { startOfTime, tagRecord } from './records.js';
import { expected, sorted } from './stored-result.js';

/** Long, because a server that has just started beside others is slow. */
const patientMs = 30_000;
/** For tests in which the store is down and every request runs into its timeout. */
const impatientMs = 1_500;
/** Longest time (ms) until `write` reports that its store is down. */
const downBoundMs = 2 * impatientMs + 1_000;

const oddIds = [
  'a/b/../c',
  '..',
  'with space, comma; "double" and \'single\' quotes',
  'ünïcödé-写真-🏠',
  '100%25 {braces} [brackets] \\back\\slash',
  'a\tb\nc\u0000d',
  '*:* OR id:x',
  `long-${'x'.repeat(2_000)}`,
  `long-${'x'.repeat(1_999)}y`,
];

/** Tests that every sink must pass. */
export function sinkConformance(subject: SinkUnderTest): void {
  formerOwnerConformance(subject);
  describe(`sink ${subject.name} conforms`, { timeout: 120_000 }, () => {
    let scope: string;
    let fixture: SinkFixture;
    let sink: Sink<ImageTags>;

    beforeEach(async () => {
      scope = `t${randomUUID().slice(0, 8)}-`;
      fixture = await subject.fixture(scope);
      sink = fixture.create(patientMs);
      await sink.open();
    });

    afterEach(async () => {
      await sink.close();
      await fixture.dispose();
    });

    /** Returns the n-th record with ids of this test. */
    function record(n: number, changes: Partial<ImageTags> = {}): TagRecord {
      const { listingId, imageId } = tagRecord(n).value;
      return tagRecord(n, { listingId: `${scope}${listingId}`, imageId: `${scope}${imageId}`, ...changes });
    }
    const records = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => record(from + at));
    const stored = async () => sorted(await fixture.read());

    test('writes a batch', async () => {
      expect(await sink.write(records(0, 10))).toEqual([]);
      expect(await stored()).toEqual(expected(records(0, 10)));
    });

    test('accepts an empty batch', async () => {
      expect(await sink.write([])).toEqual([]);
      expect(await stored()).toEqual([]);
    });

    test('stores a batch once when it is written twice', async () => {
      await sink.write(records(0, 10));
      expect(await sink.write(records(0, 10))).toEqual([]);
      expect(await stored()).toEqual(expected(records(0, 10)));
    });

    test.each([
      { name: 'a longer first batch', before: [40, 100], after: [60, 100] },
      { name: 'a shorter first batch', before: [60, 100], after: [40, 100] },
      { name: 'one batch in place of three', before: [30, 60, 100], after: [100] },
      { name: 'many batches in place of one', before: [100], after: [10, 11, 50, 99, 100] },
      { name: 'a replay that starts after the first file', before: [20, 70], start: 20, after: [30, 100] },
    ])(
      'stores each record once after a replay with other batch boundaries: $name',
      async ({ before, after, start = 0 }) => {
        await writeUpTo(sink, 0, before);
        await sink.close();
        sink = fixture.create(patientMs);
        await sink.open();
        await writeUpTo(sink, start, after);
        expect(await stored()).toEqual(expected(records(0, 100)));
      },
    );

    async function writeUpTo(target: Sink<ImageTags>, start: number, ends: readonly number[]): Promise<void> {
      let from = start;
      for (const end of ends) {
        expect(await target.write(records(from, end))).toEqual([]);
        from = end;
      }
    }

    test('stores records of several partitions and topics in one batch', async () => {
      const batch = records(0, 12).map((one, n) => ({
        ...one,
        topic: n % 2 === 0 ? 'image-tags.bulk' : 'image-tags.realtime',
        partition: n % 3,
      }));
      expect(await sink.write(batch)).toEqual([]);
      expect(await stored()).toEqual(expected(batch));
    });

    test('rejects the one record that the store refuses and stores the others', async () => {
      const batch = records(0, 20);
      const spoiled = await fixture.spoil(batch[7] as TagRecord);
      const rejections = await sink.write(batch.with(7, spoiled));
      expect(rejections.map(({ index, error }) => ({ index, code: error.code, kind: error.kind }))).toEqual([
        { index: 7, code: 'sink-rejected', kind: 'permanent' },
      ]);
      expect(await stored()).toEqual(expected(batch.toSpliced(7, 1)));
    });

    test('keeps ids with special characters apart', async () => {
      const batch = oddIds.map((id, n) => record(n, { imageId: scope + id, listingId: scope + id }));
      expect(await sink.write(batch)).toEqual([]);
      expect(await stored()).toEqual(expected(batch));
    });

    test('keeps the results of two pipelines for one photo', async () => {
      const scene = record(0);
      const other = { ...record(0, { pipeline: 'garden@3.1', tags: [], roomType: null }), offset: '1' };
      await sink.write([scene]);
      await sink.write([other]);
      expect(await stored()).toEqual(expected([scene, other]));
    });

    test('keeps the results of two pipelines for one photo in one batch', async () => {
      const scene = record(0);
      const other = { ...record(0, { pipeline: 'garden@3.1' }), offset: '1' };
      expect(await sink.write([scene, other])).toEqual([]);
      expect(await stored()).toEqual(expected([scene, other]));
    });

    const retagged = () => ({
      ...record(0, {
        eventTime: startOfTime + 86_400_000,
        roomType: { name: 'garage', score: 0.8 },
        tags: [{ name: 'garage', score: 0.8, model: 'room-type@2', box: null }],
      }),
      offset: '1',
    });

    test('stores a newer result of a photo', async () => {
      await sink.write([record(0)]);
      await sink.write([retagged()]);
      expect(await stored()).toEqual(expected(subject.keeps === 'latest' ? [retagged()] : [record(0), retagged()]));
    });

    test('stores an older and a newer result of a photo in one batch', async () => {
      expect(await sink.write([record(0), retagged()])).toEqual([]);
      expect(await stored()).toEqual(expected(subject.keeps === 'latest' ? [retagged()] : [record(0), retagged()]));
    });

    test.runIf(subject.keeps === 'latest')('drops an older result that comes late', async () => {
      await sink.write([retagged()]);
      expect(await sink.write([{ ...record(0), offset: '2' }])).toEqual([]);
      expect(await stored()).toEqual(expected([retagged()]));
    });

    test.each(['cut', 'stall'] as const)(
      'reports sink-unavailable while the store is down (%s), and writes when it is back',
      async (how) => {
        await sink.close();
        sink = fixture.create(impatientMs);
        await retry(() => sink.open());
        await retry(() => sink.write(records(0, 5)));
        await fixture.proxy[how]();
        const begun = performance.now();
        await expect(sink.write(records(5, 10))).rejects.toMatchObject({ code: 'sink-unavailable', kind: 'transient' });
        expect(performance.now() - begun).toBeLessThan(downBoundMs);
        await fixture.proxy.restore();
        expect(await retry(() => sink.write(records(5, 10)))).toEqual([]);
        expect(await stored()).toEqual(expected(records(0, 10)));
      },
    );

    test('opens after the store was down at first', async () => {
      const late = fixture.create(impatientMs);
      await fixture.proxy.cut();
      await expect(late.open()).rejects.toMatchObject({ code: 'sink-unavailable' });
      await fixture.proxy.restore();
      await retry(() => late.open());
      expect(await retry(() => late.write(records(0, 5)))).toEqual([]);
      expect(await stored()).toEqual(expected(records(0, 5)));
      await late.close();
    });

    test('stores each of 1,000 records exactly once', async () => {
      for (let from = 0; from < 1_000; from += sink.batch.maxRecords) {
        expect(await sink.write(records(from, Math.min(1_000, from + sink.batch.maxRecords)))).toEqual([]);
      }
      expect(await stored()).toEqual(expected(records(0, 1_000)));
    });

    test('opens and closes twice', async () => {
      await sink.open();
      await sink.close();
      await sink.close();
    });
  });
}

/** Retries as the worker does, because a client may need a moment to see that its store is back. */
async function retry<Answer>(attempt: () => Promise<Answer>): Promise<Answer> {
  for (let left = 20; ; left -= 1) {
    try {
      return await attempt();
    } catch (thrown) {
      if (left === 0) throw thrown;
    }
  }
}
