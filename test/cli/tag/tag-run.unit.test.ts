import { describe, expect, it } from 'vitest';
import type { PhotoInput } from '../../../cli/tag/photo-inputs.js';
import { runTagging, type PhotoResult, type TagRunOptions } from '../../../cli/tag/tag-run.js';
import type { PhotoOutcome, TagTransport } from '../../../cli/tag/tag-transport.js';
import { createManualClock } from '../../../runtime/memory/manual-clock.js';
import type { ListingImage } from '../../../schemas/events.js';
import { FanlightError } from '../../../schemas/failure.js';
import { listingImageId } from '../../../schemas/ids.js';
import { imageTags } from '../../sinks/records.js';

const photo = (name: string, place = `/house/${name}`): PhotoInput => ({
  image: name,
  listingId: 'house',
  imageId: `house/${name}`,
  source: { kind: 'file', path: place },
});
const tagged: PhotoOutcome = { kind: 'tagged', tags: imageTags(1) };
const eventOf = ({ listingId, imageId }: PhotoInput): ListingImage => ({
  listingId,
  imageId,
  url: `s3://images/${imageId}`,
  content: null,
  pipeline: null,
  attributes: {},
});
const tooLarge = new FanlightError({ code: 'too-large', message: 'large', remedy: 'shrink' });

/** A deployment that answers when the test calls `answer`. */
function harness({ eventOf: prepare, send, ...changes }: Partial<TagRunOptions & TagTransport> = {}) {
  const sent: ListingImage[] = [];
  const results: PhotoResult[] = [];
  const stop = new AbortController();
  const clock = createManualClock(0);
  let onOutcome: (origin: string, outcome: PhotoOutcome) => void = () => undefined;
  let closed = 0;
  const run = runTagging({
    inputs: [],
    concurrency: 2,
    timeoutMs: 1_000,
    clock,
    signal: stop.signal,
    transport: {
      eventOf: prepare ?? ((input) => Promise.resolve(eventOf(input))),
      send:
        send ??
        ((event) => {
          sent.push(event);
          return Promise.resolve();
        }),
      follow(listener) {
        onOutcome = listener;
        return Promise.resolve({
          close() {
            closed += 1;
            return Promise.resolve();
          },
        });
      },
    },
    onResult: (result) => void results.push(result),
    ...changes,
  });
  return {
    run,
    sent,
    results,
    stop,
    clock,
    answer: (event: ListingImage | undefined, outcome: PhotoOutcome = tagged) =>
      event && onOutcome(listingImageId(event), outcome),
    settled: () => new Promise((resolve) => setImmediate(resolve)),
    closed: () => closed,
  };
}

const outcomesOf = (results: readonly PhotoResult[]) =>
  results.map(({ input, outcome }) => [input.image, outcome.kind === 'failed' ? outcome.error.code : 'tagged']);

describe('runTagging', () => {
  it('reports each photo once, in the order in which the photos end', async () => {
    const { run, sent, results, answer, settled, closed } = harness({ inputs: [photo('a'), photo('b'), photo('c')] });
    await settled();
    answer(sent[2]);
    answer(sent[0], { kind: 'failed', error: tooLarge });
    answer(sent[0]);
    answer(sent[1]);
    expect(await run).toEqual({ photos: 3, tagged: 2, failed: { 'too-large': 1 }, unfinished: 0, elapsedMs: 0 });
    expect(outcomesOf(results)).toEqual([
      ['c', 'tagged'],
      ['a', 'too-large'],
      ['b', 'tagged'],
    ]);
    expect(closed()).toBe(1);
  });

  it('sends a repeated input once, and reports it twice', async () => {
    const { run, sent, results, answer, settled } = harness({ inputs: [photo('a'), photo('b'), photo('a')] });
    await settled();
    expect(sent.map(({ imageId }) => imageId)).toEqual(['house/a', 'house/b']);
    for (const event of sent) answer(event);
    await run;
    expect(outcomesOf(results)).toEqual([
      ['a', 'tagged'],
      ['a', 'tagged'],
      ['b', 'tagged'],
    ]);
  });

  it('rejects a second photo with the same id instead of overwriting the first', async () => {
    const { run, sent, results, answer, settled } = harness({ inputs: [photo('a'), photo('a', '/other/house/a')] });
    await settled();
    answer(sent[0]);
    await run;
    expect(outcomesOf(results)).toEqual([
      ['a', 'invalid-event'],
      ['a', 'tagged'],
    ]);
  });

  it('reports a photo that cannot be uploaded and continues', async () => {
    const { run, sent, results, answer, settled } = harness({
      inputs: [photo('a'), photo('b')],
      eventOf: (input) => (input.image === 'a' ? Promise.reject(tooLarge) : Promise.resolve(eventOf(input))),
    });
    await settled();
    answer(sent[0]);
    await run;
    expect(outcomesOf(results)).toEqual([
      ['a', 'too-large'],
      ['b', 'tagged'],
    ]);
  });

  it('uploads at most `concurrency` photos at the same time', async () => {
    let running = 0;
    let most = 0;
    const { run, sent, answer, settled } = harness({
      inputs: Array.from({ length: 9 }, (_, n) => photo(String(n))),
      async eventOf(input) {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return eventOf(input);
      },
    });
    while (sent.length < 9) await settled();
    for (const event of sent) answer(event);
    await run;
    expect(most).toBe(2);
  });

  it('fails the waiting photos when no photo ends within the timeout', async () => {
    const { run, sent, results, answer, settled, clock } = harness({ inputs: [photo('a'), photo('b'), photo('c')] });
    await settled();
    clock.advance(900);
    answer(sent[0]);
    await settled();
    clock.advance(900);
    await settled();
    expect(outcomesOf(results)).toEqual([['a', 'tagged']]);
    clock.advance(100);
    expect((await run).failed).toEqual({ 'deadline-exceeded': 2 });
  });

  it('stops at once while it waits for inputs, and counts the photos without a result', async () => {
    async function* quiet() {
      yield photo('a');
      await new Promise(() => undefined);
    }
    const { run, results, stop, settled, closed } = harness({ inputs: quiet() });
    await settled();
    stop.abort();
    expect(await run).toEqual({ photos: 1, tagged: 0, failed: {}, unfinished: 1, elapsedMs: 0 });
    expect([results, closed()]).toEqual([[], 1]);
  });

  it('fails with the error of the brokers', async () => {
    const { run, closed } = harness({
      inputs: [photo('a'), photo('b')],
      send: () => Promise.reject(new Error('no topic')),
    });
    await expect(run).rejects.toThrow('no topic');
    expect(closed()).toBe(1);
  });
});
