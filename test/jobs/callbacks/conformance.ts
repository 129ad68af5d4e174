import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Callback, CallbackTarget, Delivery } from '../../../jobs/callbacks/callback.js';
import { endOf, jobResult, partOf } from './deliveries.js';

/** A result or a summary that the target received. */
export interface Received {
  readonly id: string;
  readonly document: unknown;
}

/** A target that belongs to one test. */
export interface CallbackFixture {
  readonly target: CallbackTarget;
  readonly callback: Callback;
  /** Returns everything that the target received, in order of arrival, or in reading order for kinds that have one. */
  received(): Promise<readonly Received[]>;
  /** Makes the target unreachable. */
  down(): Promise<void>;
  restore(): Promise<void>;
  dispose(): Promise<void>;
}

export interface CallbackUnderTest {
  readonly name: string;
  fixture(): Promise<CallbackFixture>;
}

const signal = new AbortController().signal;
const ids = (received: readonly Received[]) => received.map(({ id }) => id);
const resultIds = (job: string, count: number) => Array.from({ length: count }, (_, item) => jobResult(job, item).id);
const oddTexts = [' ünïcödé-写真-🏠', ' "quotes" \\ and \'more\'', ' line\nbreak\ttab\u0000zero', ' ]}</script>'];

/** Tests the contract that every kind of callback must keep. */
export function callbackConformance(subject: CallbackUnderTest): void {
  describe(`callback ${subject.name} conforms`, { timeout: 120_000 }, () => {
    let fixture: CallbackFixture;
    let job: string;
    beforeEach(async () => {
      job = randomUUID();
      fixture = await subject.fixture();
    });
    afterEach(async () => {
      await fixture.callback.close();
      await fixture.dispose();
    });

    const deliver = (delivery: Delivery) => fixture.callback.deliver(fixture.target, delivery, signal);

    test('delivers every result, and the summary last', async () => {
      await Promise.all([deliver(partOf(job, 0, 200)), deliver(partOf(job, 200, 313))]);
      await deliver(endOf(job, 313));
      const received = await fixture.received();
      expect(ids(received).slice(0, -1).sort()).toEqual(resultIds(job, 313).sort());
      expect(received.at(-1)).toEqual({
        id: endOf(job, 313).id,
        document: {
          id: endOf(job, 313).id,
          job,
          images: 313,
          tagged: 312,
          failed: 1,
          cancelled: 0,
          finishedAt: '2026-01-02T03:04:05.000Z',
        },
      });
    });

    test('delivers results unchanged, whatever text they contain', async () => {
      for (const [index, text] of oddTexts.entries()) await deliver(partOf(job, index, index + 1, text));
      const documents = (await fixture.received()).map(({ document }) => document as { item: number });
      expect(documents.sort((a, b) => a.item - b.item)).toEqual(
        oddTexts.map((text, index) => jobResult(job, index, text)),
      );
    });

    test('repeats a delivery with the same ids and the same content', async () => {
      for (const delivery of [partOf(job, 0, 30), endOf(job, 30)]) await deliver(delivery);
      const first = await fixture.received();
      for (const delivery of [partOf(job, 0, 30), endOf(job, 30)]) await deliver(delivery);
      const distinct = new Map((await fixture.received()).map((one) => [one.id, one]));
      expect([...distinct.values()].sort(byId)).toEqual([...first].sort(byId));
    });

    test('delivers results that are too large for one request', async () => {
      const large = partOf(job, 0, 200, '.'.repeat(5_000));
      await deliver(large);
      expect(ids(await fixture.received()).sort()).toEqual(resultIds(job, 200).sort());
    });

    test('throws a transient failure for an unreachable target, and delivers once it is back', async () => {
      await fixture.down();
      await expect(deliver(partOf(job, 0, 12))).rejects.toMatchObject({ code: 'callback-failed', kind: 'transient' });
      await fixture.restore();
      await deliver(partOf(job, 0, 12));
      expect(new Set(ids(await fixture.received()))).toEqual(new Set(resultIds(job, 12)));
    });

    test('delivers all results when an aborted delivery is repeated', async () => {
      const abort = new AbortController();
      abort.abort(new Error('the worker stops'));
      await fixture.callback
        .deliver(fixture.target, partOf(job, 0, 5), abort.signal)
        .catch((error: unknown) => expect(error).toEqual(new Error('the worker stops')));
      await deliver(partOf(job, 0, 5));
      expect(new Set(ids(await fixture.received()))).toEqual(new Set(resultIds(job, 5)));
    });
  });
}

function byId(a: Received, b: Received): number {
  return a.id.localeCompare(b.id);
}
