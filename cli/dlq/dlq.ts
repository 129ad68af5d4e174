import type { Message } from '../../runtime/records/message.js';
import { publishUntilAcknowledged } from '../../runtime/kafka/client/acknowledged-publishing.js';
import { sealedFor } from '../../runtime/records/seal.js';
import type { WorkerServices } from '../../runtime/services.js';
import type { FailureLane } from '../../schemas/lanes.js';
import { topics } from '../../schemas/topics.js';
import { modelQueueOf } from '../../topology/model-queue.js';
import type { Topology } from '../../topology/topology.js';
import { coloursFor } from '../client/colours.js';
import { readPayload, withoutBytes } from './payload.js';
import { deadLetterFrom, isOfSink } from '../../audit/dead-letters.js';
import { letterText, lettersTable } from './letter-text.js';
import { exitCodes, WrongUsage } from '../client/exit-codes.js';
import { withClient } from '../client/deployment-client.js';
import { isLetterId, readDeadLetters, readLetters, type ListedLetter } from './dead-letter-reader.js';
import { obstacleToReplay, replayOf } from './replay.js';

export interface DlqOptions {
  readonly lane: readonly FailureLane[];
  readonly code?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

export async function runDlqList(
  { lane, code, all, json }: DlqOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  return withClient('dlq', environment, async ({ services }) => {
    const letters = (await readDeadLetters(services, lane)).filter(
      (letter) => (all || !letter.replayed) && (code === undefined || letter.code === code),
    );
    if (json) for (const letter of letters) process.stdout.write(`${JSON.stringify(letter)}\n`);
    else if (letters.length === 0) process.stdout.write('No dead letters.\n');
    else
      process.stdout.write(
        `${lettersTable(letters, coloursFor(process.stdout), Math.max(100, process.stdout.columns ?? 120))}\n${counted(letters.length)}.\n`,
      );
    return exitCodes.done;
  });
}

export async function runDlqShow(
  id: string,
  { json }: { json?: boolean },
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  checkIds([id]);
  return withClient('dlq', environment, async ({ services }) => {
    const message = (await readLetters(services.kafka, [id]).next()).value as Message[] | undefined;
    const letter = message?.[0] && deadLetterFrom(message[0]);
    if (!message?.[0] || !letter) return notFound([id]);
    const payload = withoutBytes(await readPayload(message[0], letter.from, services.codec));
    const replayed = (await readDeadLetters(services, [letter.lane])).some(
      (other) => other.id === id && other.replayed,
    );
    process.stdout.write(
      json
        ? `${JSON.stringify({ ...letter, replayed, headers: message[0].headers, payload }, null, 2)}\n`
        : `${letterText(letter, message[0], payload, replayed)}\n`,
    );
    return exitCodes.done;
  });
}

export async function runDlqReplay(
  ids: readonly string[],
  options: DlqOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  checkIds(ids);
  const ways = [ids.length > 0, options.code !== undefined, options.all === true].filter((given) => given).length;
  if (ways !== 1)
    throw new WrongUsage(
      'The command needs exactly one choice of dead letters: ids, --code or --all.',
      'Give ids from `fanlight dlq ls`, or --code CODE, or --all.',
    );
  return withClient('dlq', environment, async ({ services, topology }) => {
    const known = await readDeadLetters(services, ids.length > 0 ? lanesOf(ids) : options.lane);
    const chosen =
      ids.length > 0
        ? known.filter(({ id }) => ids.includes(id))
        : known.filter(({ replayed, code }) => !replayed && (options.all === true || code === options.code));
    const replayed = await replay(chosen, services, topology, options.json ?? false);
    const missing = ids.filter((id) => !known.some((letter) => letter.id === id));
    if (!options.json) process.stdout.write(`${counted(replayed)} replayed.\n`);
    if (missing.length > 0) return notFound(missing);
    return replayed === chosen.length ? exitCodes.done : exitCodes.failed;
  });
}

async function replay(
  letters: readonly ListedLetter[],
  services: WorkerServices,
  topology: Topology,
  json: boolean,
): Promise<number> {
  const { kafka, publisher, clock, seal, logger, random } = services;
  const models = modelQueueOf(topology);
  const read = new Set([
    ...topology.plans.map(({ input }) => input),
    ...(models ? [models.input] : []),
    ...topology.lanes.map(({ name }) => topics.imageTags(name)),
    topics.callbacks,
  ]);
  const returnable = letters.filter((letter) => {
    const obstacle = obstacleToReplay(letter, read);
    if (obstacle !== undefined) process.stderr.write(`${letter.id} was not replayed: ${obstacle}\n`);
    return obstacle === undefined;
  });
  const byId = new Map(returnable.map((letter) => [letter.id, letter]));
  let count = 0;
  for await (const messages of readLetters(kafka, [...byId.keys()])) {
    for (const message of messages) {
      const letter = byId.get(deadLetterFrom(message)?.id ?? '');
      if (!letter || letter.from === null) continue;
      const deadlineMs = topology.lanes.find(({ name }) => name === letter.lane)?.deadlineMs ?? null;
      const [original, marker] = replayOf(message, letter.from, deadlineMs, clock.now());
      const hold = { signal: new AbortController().signal, clock, logger, random };
      await publishUntilAcknowledged(publisher, [sealedFor(original.topic, original, seal)], hold);
      await publishUntilAcknowledged(publisher, [marker], hold);
      count += 1;
      process.stdout.write(
        json
          ? `${JSON.stringify({ id: letter.id, to: letter.from, imageId: letter.imageId })}\n`
          : `${describeReplay(letter)}\n`,
      );
    }
  }
  return count;
}

function describeReplay(letter: ListedLetter): string {
  const again = letter.replayed ? ' (replayed before)' : '';
  const repeats = isOfSink(letter) ? '; every sink and subscriber gets this result again, with the same ce_id' : '';
  return `${letter.id} → ${letter.from ?? ''}  ${letter.imageId ?? letter.listingId ?? ''}${again}${repeats}`;
}

function counted(count: number): string {
  return `${count} dead ${count === 1 ? 'letter' : 'letters'}`;
}

function lanesOf(ids: readonly string[]): FailureLane[] {
  return [...new Set(ids.map((id) => id.slice('dead-letters.'.length, id.indexOf('/')) as FailureLane))];
}

function checkIds(ids: readonly string[]): void {
  const wrong = ids.filter((id) => !isLetterId(id));
  if (wrong.length > 0)
    throw new WrongUsage(
      `Not an id of a dead letter: ${wrong.join(', ')}.`,
      'Ids look like dead-letters.bulk/0/17; `fanlight dlq ls` lists them.',
    );
}

function notFound(ids: readonly string[]): number {
  process.stderr.write(
    `There is no dead letter ${ids.join(', ')}; \`fanlight dlq ls --all\` lists all dead letters.\n`,
  );
  return exitCodes.failed;
}
