import { readRanges, wholeTopics } from '../../runtime/kafka/read/ranges.js';
import type { WorkerServices } from '../../runtime/services.js';
import { coordinates, type Message, type RecordCoordinates } from '../../runtime/records/message.js';
import type { FailureLane } from '../../schemas/lanes.js';
import { topics } from '../../schemas/topics.js';
import { photoOf, readPayload } from './payload.js';
import { deadLetterFrom, replayedBy, type DeadLetter } from '../../audit/dead-letters.js';

export interface ListedLetter extends DeadLetter {
  readonly listingId: string | null;
  readonly imageId: string | null;
  readonly replayed: boolean;
}

/** Reads all dead letters of the lanes, oldest first. Payloads are decoded for the photo's ids and not kept. */
export async function readDeadLetters(
  { kafka, codec }: Pick<WorkerServices, 'kafka' | 'codec'>,
  lanes: readonly FailureLane[],
): Promise<ListedLetter[]> {
  const found: Promise<Omit<ListedLetter, 'replayed'>>[] = [];
  const replayed = new Set<string>();
  await readRanges(kafka, await wholeTopics(kafka, lanes.map(topics.deadLetters)), (message) => {
    const hidden = replayedBy(message);
    if (hidden !== undefined) replayed.add(hidden);
    const letter = deadLetterFrom(message);
    if (letter) found.push(named(letter, message));
  });
  const letters = await Promise.all(found);
  return letters
    .map((letter) => ({ ...letter, replayed: replayed.has(letter.id) }))
    .sort((a, b) => (a.time < b.time ? -1 : 1));

  async function named(letter: DeadLetter, message: Message) {
    const photo = photoOf(await readPayload(message, letter.from, codec));
    return { ...letter, listingId: photo?.listingId ?? letter.key, imageId: photo?.imageId ?? null };
  }
}

/** Records per chunk; low, because a record may hold a tensor of a megabyte. */
const chunkSize = 200;

/** Yields the records with these ids, in chunks of bounded size; ids without a record are skipped. */
export async function* readLetters(kafka: WorkerServices['kafka'], ids: readonly string[]): AsyncGenerator<Message[]> {
  const wantedRecords = ids
    .map(parseId)
    .sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition || (a.offset < b.offset ? -1 : 1));
  while (wantedRecords.length > 0) {
    const { topic, partition, offset } = wantedRecords[0] as RecordCoordinates;
    const others = wantedRecords.findIndex((record) => record.topic !== topic || record.partition !== partition);
    const chunk = wantedRecords.splice(0, Math.min(chunkSize, others === -1 ? wantedRecords.length : others));
    const held = (await wholeTopics(kafka, [topic])).find((range) => range.partition === partition);
    if (!held) continue;
    const last = chunk.at(-1)?.offset ?? offset;
    const range = {
      topic,
      partition,
      from: offset > held.from ? offset : held.from,
      to: last < held.to ? last + 1n : held.to,
    };
    const wanted = new Set(chunk.map(coordinates));
    const messages: Message[] = [];
    await readRanges(kafka, [range], (message) => {
      if (wanted.has(coordinates(message))) messages.push(message);
    });
    yield messages;
  }
}

export function isLetterId(text: string): boolean {
  return /^dead-letters\.[a-z]+\/\d+\/\d+$/.test(text);
}

function parseId(id: string): RecordCoordinates {
  const [topic = '', partition, offset] = id.split('/');
  return { topic, partition: Number(partition), offset: BigInt(offset ?? 0) };
}
