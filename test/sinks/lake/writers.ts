import { setImmediate } from 'node:timers/promises';
import { randomFrom, type Random } from '../../../primitives/seeded-random.js';
import { lakeSinkConfig } from '../../../sinks/lake/config.js';
import { createLakeSink } from '../../../sinks/lake/sink.js';
import type { Sink, TagRecord } from '../../../sinks/sink.js';
import type { ImageTags } from '../../../schemas/events.js';
import { memoryBucket, type MemoryBucketOptions, type Transport } from '../memory-s3.js';
import { readContainer } from './read-container.js';
import { tagRecord } from '../records.js';

const lastOffset = 40;
/** Share of offsets without a record, as of transaction markers. */
const gaps = 0.15;
/** Share of records that do not fit the schema. */
const unfit = 0.1;
const longestBatch = 9;

/** A request on its way to the bucket, or an answer on its way back. */
interface Parcel {
  readonly deliver: () => void;
}

/** One process with a sink. It may believe that it owns the partition after it has lost it. */
interface Writer {
  readonly sink: Sink<ImageTags>;
  readonly assignment: AbortController;
  readonly parcels: Parcel[];
  position: number;
  /** Number of the assignment. Only the newest may commit. */
  readonly generation: number;
  /** Undefined while it is idle. */
  batch: readonly TagRecord[] | undefined;
  ended: boolean;
}

/**
 * Lets three writers of one partition take over from each other in a random order: requests and answers wait, get lost
 * or arrive late; a former owner goes on for a while, or is aborted; offsets are committed in the middle of a batch, or
 * set back. At the end, the last owner writes everything that is left. Returns how often each record is in the lake.
 */
export async function runWriters(seed: number, options: MemoryBucketOptions = {}) {
  const random = randomFrom(seed);
  const bucket = memoryBucket(options);
  const log = recordsOf(random);
  const writers: Writer[] = [];
  const adrift: Parcel[] = [];
  let committed = 0;
  let generation = 0;
  let ending = false;

  /** Each request is delivered in two steps, and either may fail. An abort ends the waiting, and not the request. */
  function transportOf(parcels: Parcel[]): Transport {
    return ({ apply, signal }) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
        const lost = () => parcels.push({ deliver: () => reject(new Error('timed out')) });
        parcels.push({
          deliver() {
            if (random() < 0.05) return void lost();
            try {
              const answer = apply();
              if (random() < 0.1) return void lost();
              parcels.push({ deliver: () => resolve(answer) });
            } catch (error) {
              parcels.push({ deliver: () => reject(error) });
            }
          },
        });
      });
  }

  function takeOver(): void {
    for (const writer of writers.filter(({ ended }) => !ended)) {
      // A former owner learns of its loss at once, or writes on. A third of them is killed.
      const fate = random();
      if (fate < 0.33) writer.assignment.abort(new Error('revoked'));
      if (fate < 0.66) leave(writer);
    }
    if (random() < 0.1) committed = Math.floor(random() * (committed + 1)); // an operator sets the offsets back
    generation += 1;
    const parcels: Parcel[] = [];
    const busy = new Set(writers.filter(({ ended, batch }) => !ended || batch !== undefined).map(({ sink }) => sink));
    const idle = writers.find(({ sink }) => !busy.has(sink));
    const sink =
      idle !== undefined && random() < 0.5
        ? idle.sink // the same process gets the partition back
        : createLakeSink(lakeSinkConfig({ bucket: 'lake' }), { client: bucket.client(transportOf(parcels)) });
    const shared = idle?.sink === sink ? idle.parcels : parcels;
    const assignment = new AbortController();
    writers.push({
      ...{ sink, assignment, generation, position: committed },
      ...{ parcels: shared, batch: undefined, ended: false },
    });
    while (writers.filter(({ ended }) => !ended).length > 3) leave(writers.find(({ ended }) => !ended) as Writer);
  }

  function leave(writer: Writer): void {
    writer.ended = true;
    adrift.push(...writer.parcels.splice(0));
  }

  /** Writes the next batch, or repeats one that failed. */
  function begin(writer: Writer): void {
    const rest = log.filter(({ offset }) => Number(offset) >= writer.position);
    writer.batch ??= rest.slice(0, 1 + Math.floor(random() * longestBatch));
    const { batch } = writer;
    void writer.sink.write(batch, writer.assignment.signal).then(
      () => {
        writer.batch = undefined;
        finish(writer, batch);
      },
      () => {
        writer.batch = undefined;
      },
    );
  }

  function finish(writer: Writer, batch: readonly TagRecord[]): void {
    const next = Number(batch.at(-1)?.offset) + 1;
    writer.position = next;
    if (writer.generation !== generation || writer.ended) return;
    // Offsets are committed while the records of the batch are being finished.
    const early = !ending && random() < 0.2;
    committed = early ? Number(batch[Math.floor(random() * batch.length)]?.offset) : next;
    if (early) takeOver();
  }

  const isDone = (writer: Writer) => writer.position > Number(log.at(-1)?.offset);
  const isIdle = (writer: Writer) => !writer.ended && writer.batch === undefined && !isDone(writer);

  /** Waits until each writer waits for the bucket. */
  async function settle(): Promise<void> {
    do await setImmediate();
    while (writers.some(({ ended, batch, parcels }) => !ended && batch !== undefined && parcels.length === 0));
  }

  function step(deliverOnly: Writer | undefined): boolean {
    const live = deliverOnly === undefined ? writers.filter(({ ended }) => !ended) : [deliverOnly];
    const moves = [
      ...live.filter(isIdle).map((writer) => () => begin(writer)),
      ...live.flatMap(({ parcels }) => parcels.map((parcel) => deliveryFrom(parcels, parcel))),
      ...adrift.map((parcel) => deliveryFrom(adrift, parcel)),
    ];
    const move = moves[Math.floor(random() * moves.length)];
    move?.();
    return move !== undefined;
  }

  takeOver();
  for (let left = 120; left > 0; left -= 1) {
    if (random() < 0.08) takeOver();
    step(undefined);
    await settle();
  }
  for (const writer of writers.filter(({ ended }) => !ended)) leave(writer);
  ending = true;
  takeOver();
  const last = writers.at(-1) as Writer;
  do await settle();
  while (step(last));
  return { expected: log.filter(fits).map(({ offset }) => Number(offset)), rows: await rowsOf(bucket.objects) };
}

function deliveryFrom(parcels: Parcel[], parcel: Parcel): () => void {
  return () => {
    parcels.splice(parcels.indexOf(parcel), 1);
    parcel.deliver();
  };
}

function recordsOf(random: Random): readonly TagRecord[] {
  const offsets = Array.from({ length: lastOffset }, (_, offset) => offset).filter(() => random() >= gaps);
  return offsets.map((offset) => tagRecord(offset, random() < unfit ? { width: 1024.5 } : {}));
}

function fits({ value }: TagRecord): boolean {
  return Number.isInteger(value.width);
}

/** The numbers of all records in all files, in ascending order. */
async function rowsOf(objects: ReadonlyMap<string, { readonly body: Buffer }>): Promise<readonly number[]> {
  const files = await Promise.all([...objects.values()].map(({ body }) => readContainer(body)));
  const numbers = files.flat().map(({ imageId }) => Number(imageId.slice('image-'.length)));
  return numbers.sort((a, b) => a - b);
}
