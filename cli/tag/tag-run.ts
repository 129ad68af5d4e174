import type { Clock } from '../../primitives/clock.js';
import { asFanlightError, FanlightError } from '../../schemas/failure.js';
import type { ListingImage } from '../../schemas/events.js';
import { listingImageId } from '../../schemas/ids.js';
import type { PhotoInput } from './photo-inputs.js';
import type { PhotoOutcome, TagTransport } from './tag-transport.js';
import { WaitingPhotos } from './waiting-photos.js';

export interface PhotoResult {
  readonly input: PhotoInput;
  readonly outcome: PhotoOutcome;
}

export interface TagSummary {
  /** All inputs, reported or `unfinished`. */
  readonly photos: number;
  readonly tagged: number;
  /** Failed photos by failure code. */
  readonly failed: Readonly<Record<string, number>>;
  /** Photos that were not reported because the run was stopped. */
  readonly unfinished: number;
  readonly elapsedMs: number;
}

export interface TagRunOptions {
  readonly inputs: AsyncIterable<PhotoInput> | Iterable<PhotoInput>;
  /** Photos read, uploaded and sent at the same time. */
  readonly concurrency: number;
  /** When no photo was sent or ended for this long (ms), the photos that still wait count as failed. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Stops sending and waiting. */
  readonly signal: AbortSignal;
  readonly transport: TagTransport;
  readonly onResult: (result: PhotoResult) => void;
  /** Called when a photo was found or has ended. */
  readonly onProgress?: (found: number, done: number) => void;
}

/** Sends photos and reports each outcome, in the order in which photos end. Independent of Kafka, HTTP and files. */
export async function runTagging(options: TagRunOptions): Promise<TagSummary> {
  const { clock, signal, transport } = options;
  const startedAt = clock.now();
  const failed: Record<string, number> = {};
  const waiting = new WaitingPhotos();
  const run = new AbortController();
  const ended = AbortSignal.any([signal, run.signal]);
  ended.addEventListener('abort', () => wake(), { once: true });
  let sending = 0;
  let found = 0;
  let tagged = 0;
  let done = 0;
  let lastProgressAt = startedAt;
  // Wakes the loop that waits at the moment. Called on every change that a loop may wait for, and when the run ends.
  let wake: () => void = () => undefined;
  let broken: { readonly error: unknown } | undefined;

  function report(input: PhotoInput, outcome: PhotoOutcome): void {
    done += 1;
    lastProgressAt = clock.now();
    if (outcome.kind === 'tagged') tagged += 1;
    else failed[outcome.error.code] = (failed[outcome.error.code] ?? 0) + 1;
    options.onResult({ input, outcome });
    options.onProgress?.(found, done);
    wake();
  }

  const fail = (input: PhotoInput, error: FanlightError) => report(input, { kind: 'failed', error });

  function settle(imageId: string, outcome: PhotoOutcome): void {
    for (const input of waiting.finish(imageId)) report(input, outcome);
  }

  async function sendPhoto(input: PhotoInput): Promise<void> {
    const { imageId } = input;
    try {
      const event = await transport.eventOf(input);
      if (ended.aborted) return;
      waiting.sent(imageId, listingImageId(event));
      await send(event);
    } catch (thrown) {
      settle(imageId, { kind: 'failed', error: asFanlightError(thrown) });
    } finally {
      sending -= 1;
      wake();
    }
  }

  async function send(event: ListingImage): Promise<void> {
    try {
      await transport.send(event);
      lastProgressAt = clock.now();
    } catch (error) {
      if (!ended.aborted) broken ??= { error };
      run.abort();
    }
  }

  const woken = () => new Promise<void>((resolve) => (wake = resolve));

  /** Resolves with undefined at the end of the inputs or of the run: standard input may stay silent for ever. */
  function nextInput(inputs: AsyncIterator<PhotoInput> | Iterator<PhotoInput>): Promise<PhotoInput | undefined> {
    return new Promise((resolve, reject) => {
      wake = () => (ended.aborted ? resolve(undefined) : undefined);
      Promise.resolve(inputs.next()).then(
        ({ done: last, value }) => resolve(last === true ? undefined : value),
        reject,
      );
    });
  }

  async function sendAll(): Promise<void> {
    const { inputs } = options;
    const iterator = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
    for (let input = await nextInput(iterator); input && !ended.aborted; input = await nextInput(iterator)) {
      found += 1;
      options.onProgress?.(found, done);
      const place = waiting.add(input);
      if (place.kind === 'taken') fail(input, alreadyTaken(input, place.by));
      if (place.kind !== 'new') continue;
      sending += 1;
      void sendPhoto(input);
      while (sending >= options.concurrency && !ended.aborted) await woken();
    }
    while (sending > 0 && !ended.aborted) await woken();
  }

  async function awaitOutcomes(): Promise<void> {
    while (waiting.size > 0 && !ended.aborted) {
      const quietFor = clock.now() - lastProgressAt;
      if (quietFor >= options.timeoutMs) {
        for (const imageId of waiting.imageIds())
          settle(imageId, { kind: 'failed', error: noResult(options.timeoutMs) });
        return;
      }
      const cancel = clock.schedule(options.timeoutMs - quietFor, () => wake());
      await woken();
      cancel();
    }
  }

  const outcomes = await transport.follow((origin, outcome) => {
    const imageId = waiting.imageOf(origin);
    if (imageId !== undefined && !ended.aborted) settle(imageId, outcome);
  });
  lastProgressAt = clock.now();
  try {
    await sendAll();
    await awaitOutcomes();
  } finally {
    run.abort();
    await outcomes.close();
  }
  if (broken) throw broken.error;
  return { photos: found, tagged, failed, unfinished: found - done, elapsedMs: clock.now() - startedAt };
}

function alreadyTaken({ image, imageId }: PhotoInput, by: string): FanlightError {
  return new FanlightError({
    code: 'invalid-event',
    message: `${image} and ${by} would both get the imageId ${imageId}.`,
    remedy: 'Tag the folder that holds both, or tag each of them alone with a different --listing.',
  });
}

function noResult(timeoutMs: number): FanlightError {
  return new FanlightError({
    code: 'deadline-exceeded',
    message: `No result came back for ${Math.round(timeoutMs / 1_000)} s.`,
    remedy: 'The photo may still be tagged: see `fanlight status` and `fanlight audit`, or wait longer with --timeout.',
  });
}
