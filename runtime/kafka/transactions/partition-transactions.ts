import type { Clock } from '../../../primitives/clock.js';
import { FanlightError } from '../../../schemas/failure.js';
import type { OutgoingMessage } from '../../records/message.js';
import { isFinal } from '../client/acknowledged-publishing.js';
import { rootCause } from '../client/broker-error.js';
import { bytesOf, middleOf, refusalOf } from '../client/refused-records.js';
import { HandedBack } from '../consumer/handed-back.js';
import { isSame, metadataOf } from './position.js';
import { Progress, type Place } from './progress.js';
import type { TransactionalProducer } from './transactional-producer.js';

/** Outputs of a finished record. */
export interface Outputs {
  readonly messages: readonly OutgoingMessage[];
  /** Returns what to write instead when Kafka refuses the messages for good. Throws when nothing is left to try. */
  readonly instead: (refusal: FanlightError) => readonly OutgoingMessage[];
}

/** Transactions of one input partition, from its assignment to its revocation. */
export interface PartitionTransactions {
  /**
   * Accepts a record, in the order of the offsets. Resolves with false if a former transaction has its outputs. The
   * first call opens the producer, which fences the former owner.
   */
  admit(place: Place): Promise<boolean>;
  /**
   * Resolves with the messages that were written, once a transaction has committed them and the position. A record
   * without messages only moves the position, which a later transaction commits: the promise resolves at once.
   */
  commit(place: Place, outputs: Outputs): Promise<readonly OutgoingMessage[]>;
  /** Commits what waits. Resolves once no transaction is in flight, and never rejects. */
  flush(): Promise<void>;
}

export interface PartitionTransactionsOptions {
  readonly clock: Clock;
  /** Least time between the starts of two transactions (ms), unless enough records wait. */
  readonly everyMs: number;
  /** Opens a producer, which fences the former ones. */
  readonly open: () => Promise<TransactionalProducer>;
  /** Aborts when the partition is revoked. A transaction that has begun is finished, and no other begins. */
  readonly signal: AbortSignal;
  /** Receives the end of each producer. */
  readonly onClosing: (closing: Promise<void>) => void;
}

/** Longest wait of a position for a transaction with messages (ms). One without messages costs as much. */
const positionWaitsMs = 1_000;
/** So many waiting records begin a transaction before its time. More would hold too much of the window. */
const enough = 8;

interface Entry {
  readonly place: Place;
  outputs: readonly OutgoingMessage[];
  readonly instead: Outputs['instead'];
  readonly resolve: (outputs: readonly OutgoingMessage[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers finished records. A transaction takes all that wait. The next one begins when it has ended, and not before
 * its time. So transactions are large under load, and without load no message waits. All methods but `flush` reject
 * with `HandedBack` after a transaction whose outcome is unknown, and with a fatal `FanlightError` if the brokers do
 * not allow transactions.
 */
export function createPartitionTransactions(options: PartitionTransactionsOptions): PartitionTransactions {
  const { signal, clock, everyMs, onClosing } = options;
  const progress = new Progress();
  const unsettled = new Set<Entry>();
  let waiting: Entry[] = [];
  let writing: Promise<void> | undefined;
  let begunAt = -Infinity;
  let later: { readonly at: number; readonly cancel: () => void } | undefined;
  /** Whether what waits is to be written as soon as the transaction in flight has ended. */
  let due = false;
  let failure: Error | undefined;
  let producer: TransactionalProducer | undefined;
  let opening: Promise<void> | undefined;

  async function open(): Promise<void> {
    try {
      producer = await options.open();
    } catch (error) {
      throw lost(error);
    }
    if (signal.aborted) close();
    else progress.begin(producer.committed);
  }

  function close(): void {
    if (producer) onClosing(producer.close());
    producer = undefined;
  }

  function writeNow(): void {
    due = true;
    later?.cancel();
    later = undefined;
    if (failure) return;
    writing ??= writeAll().finally(() => {
      writing = undefined;
      if (isDue()) writeNow(); // since the last look of `writeAll`
    });
  }

  /** @param at latest time (epoch ms) at which the next transaction should begin */
  function writeBy(at: number): void {
    if (signal.aborted || (later && later.at <= at)) return;
    if (at <= clock.now()) return writeNow();
    later?.cancel();
    later = { at, cancel: clock.schedule(at - clock.now(), writeNow) };
  }

  function isDue(): boolean {
    return due && !failure && !signal.aborted && (waiting.length > 0 || progress.isAhead);
  }

  async function writeAll(): Promise<void> {
    try {
      while (isDue()) {
        due = false;
        begunAt = clock.now();
        const taken = take();
        if (taken.length > 0 || progress.isAhead) await write(taken);
      }
    } catch (error) {
      failure ??= error as Error;
      for (const { reject } of unsettled) reject(failure);
      close();
    }
  }

  /** Takes the records that wait, up to those with which the text of the position would be too long. */
  function take(): Entry[] {
    const taken = waiting.sort((a, b) => (a.place.offset < b.place.offset ? -1 : 1));
    waiting = [];
    while (taken.length > 0 && metadataOf(progress.positionWith(placesOf(taken))) === undefined)
      waiting.unshift(...taken.splice(Math.floor(taken.length / 2)));
    return taken;
  }

  async function write(entries: readonly Entry[]): Promise<void> {
    const places = placesOf(entries);
    const position = progress.positionWith(places);
    const outputs = entries.flatMap((entry) => entry.outputs);
    try {
      if (!producer) throw new HandedBack('the partition was revoked', signal.reason);
      await producer.write(outputs, position);
    } catch (error) {
      await writeWithoutRefused(entries, outputs, error);
      return;
    }
    progress.finish(places, position);
    for (const { resolve, outputs: written } of entries) resolve(written);
  }

  /** An answer does not name the record at fault, so the records are divided until it is found. */
  async function writeWithoutRefused(
    entries: readonly Entry[],
    outputs: readonly OutgoingMessage[],
    error: unknown,
  ): Promise<void> {
    const [largest] = [...outputs].sort((a, b) => bytesOf(b) - bytesOf(a));
    const refusal = largest && refusalOf(error, largest);
    if (refusal === undefined) throw lost(error);
    const before = progress.committed;
    close();
    await open();
    if (!isSame(progress.committed, before)) throw new HandedBack('another consumer has the partition', error);
    const [entry, ...others] = entries;
    if (entry && others.length === 0) {
      entry.outputs = entry.instead(refusal);
      return write(entries);
    }
    const middle = middleOf(entries.map((some) => some.outputs.reduce((sum, message) => sum + bytesOf(message), 0)));
    await write(entries.slice(0, middle));
    await write(entries.slice(middle));
  }

  signal.addEventListener('abort', () => {
    later?.cancel();
    for (const { reject } of unsettled) reject(signal.reason);
    close();
  });

  return {
    async admit(place) {
      progress.accept(place);
      opening ??= open();
      await opening;
      signal.throwIfAborted();
      if (!progress.isFinished(place.offset)) return true;
      // The position may pass the record now, although nothing was written.
      writeBy(clock.now() + positionWaitsMs);
      return false;
    },
    async commit(place, { messages, instead }) {
      signal.throwIfAborted();
      if (failure !== undefined) throw failure;
      if (messages.length === 0) {
        waiting.push({ place, instead, outputs: [], resolve: () => undefined, reject: () => undefined });
        writeBy(clock.now() + positionWaitsMs);
        return [];
      }
      return await new Promise((resolve, reject) => {
        const entry: Entry = {
          ...{ place, instead, outputs: messages },
          resolve(written) {
            unsettled.delete(entry);
            resolve(written);
          },
          reject(error) {
            unsettled.delete(entry);
            reject(error);
          },
        };
        unsettled.add(entry);
        waiting.push(entry);
        if (unsettled.size >= enough) writeNow();
        else writeBy(begunAt + everyMs);
      });
    },
    async flush() {
      writeNow();
      await writing;
    },
  };
}

function placesOf(entries: readonly Entry[]): ReadonlySet<Place> {
  return new Set(entries.map(({ place }) => place));
}

/** The failure of all records of the partition, after a transaction whose outcome is unknown. */
function lost(error: unknown): Error {
  if (error instanceof FanlightError || error instanceof HandedBack) return error;
  const { message } = rootCause(error);
  if (!isFinal(error)) return new HandedBack(`a transaction has failed: ${message}`, error);
  return new FanlightError({
    code: 'invalid-configuration',
    message: `Kafka refuses a transaction: ${message.replace(/\.$/, '')}.`,
    remedy: 'Allow the transactions that docs/delivery.md names, or set FANLIGHT_DELIVERY=at-least-once.',
    cause: error,
  });
}
