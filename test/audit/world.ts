import { retryGroup } from '../../topology/groups.js';
import type { OffsetRange } from '../../runtime/kafka/read/ranges.js';
import { coordinates, type Message } from '../../runtime/records/message.js';
import { errorHeaders, headers } from '../../schemas/headers.js';
import { topics } from '../../schemas/topics.js';
import type { AuditLog } from '../../audit/lane.js';
import { replayOf } from '../../cli/dlq/replay.js';
import type { Lane } from '../../topology/lanes.js';
import type { GroupPlan } from '../../topology/topology.js';

/** Least number of log calls for which a record stays in a retry topic; a snapshot of all queues takes fewer. */
const retryDelay = 12;

/**
 * Simulates one lane of Kafka, each topic an array with one partition. Before each call of the audit some records move,
 * as workers move them: first the output, then the commit.
 */
export function createWorld(lane: Lane, plans: readonly GroupPlan[], random: () => number) {
  const log = new Map<string, Message[]>();
  const committed = new Map<string, number>();
  let looks = 0;

  const records = (topic: string) => log.get(topic) ?? log.set(topic, []).get(topic) ?? [];
  const position = (group: string) => committed.get(group) ?? 0;

  function write(topic: string, texts: Record<string, string>): Message {
    const message: Message = {
      topic,
      partition: 0,
      offset: BigInt(records(topic).length),
      key: Buffer.from('listing'),
      value: Buffer.from('v'),
      headers: texts,
      timestamp: looks,
    };
    records(topic).push(message);
    return message;
  }

  const origin = ({ headers: texts }: Message) => texts[headers.origin] ?? texts[headers.ceId] ?? '';

  /**
   * A stage moves its next record to one of its outputs, to a retry topic, or to the dead letters. A share group always
   * moves it to an output.
   */
  function work(
    { kind, group, input, outputs, stage, returnTo }: GroupPlan,
    chance = kind === 'share' ? 0 : random(),
  ): void {
    const message = records(input)[position(group)];
    if (!message) return;
    const texts = { [headers.origin]: origin(message) };
    const retry = lane.retryDelays[0];
    if (chance < 0.7 || retry === undefined)
      write(outputs[Math.floor(random() * outputs.length)] ?? outputs[0] ?? '', texts);
    else if (chance < 0.9) write(topics.retry(lane.name, retry), { ...texts, [headers.retryTo]: returnTo });
    else
      write(topics.deadLetters(lane.name), {
        ...texts,
        [errorHeaders.code]: 'not-found',
        [errorHeaders.stage]: stage,
        [errorHeaders.topic]: returnTo,
      });
    committed.set(group, position(group) + 1);
  }

  /** A stage skips its next record because the job is cancelled. */
  function cancel({ group, input }: GroupPlan): void {
    const message = records(input)[position(group)];
    if (!message) return;
    write(topics.cancelledImages(lane.name), { [headers.origin]: origin(message) });
    committed.set(group, position(group) + 1);
  }

  function relay(): void {
    for (const delay of lane.retryDelays) {
      const topic = topics.retry(lane.name, delay);
      const message = records(topic)[position(retryGroup(topic))];
      if (!message || looks - message.timestamp < retryDelay) continue;
      write(message.headers[headers.retryTo] ?? '', { [headers.origin]: origin(message) });
      committed.set(retryGroup(topic), position(retryGroup(topic)) + 1);
    }
  }

  function replay(letter: Message | undefined): void {
    const from = letter?.headers[errorHeaders.topic];
    if (!letter || from === undefined) return;
    for (const { topic, headers: texts } of replayOf(letter, from, lane.deadlineMs, 0)) write(topic, { ...texts });
  }

  function replaySome(): void {
    const letters = records(topics.deadLetters(lane.name));
    const hidden = new Set(letters.map(({ headers: texts }) => texts[headers.replayed]));
    replay(
      letters.find((letter) => letter.headers[errorHeaders.code] !== undefined && !hidden.has(coordinates(letter))),
    );
  }

  function move(): void {
    looks += 1;
    for (const plan of plans) for (let times = Math.floor(random() * 3); times > 0; times -= 1) work(plan);
    relay();
    if (random() < 0.3) replaySome();
  }

  const held = (topic: string, from: number): OffsetRange[] => [
    { topic, partition: 0, from: BigInt(from), to: BigInt(records(topic).length) },
  ];
  const look: AuditLog = {
    held(topic) {
      move();
      return Promise.resolve(held(topic, 0));
    },
    uncommitted(group, topic) {
      move();
      return Promise.resolve(held(topic, position(group)));
    },
    read(ranges, onMessage) {
      for (const { topic, from, to } of ranges) records(topic).slice(Number(from), Number(to)).forEach(onMessage);
      return Promise.resolve();
    },
  };
  return {
    look,
    write,
    work,
    cancel,
    replay,
    records,
    /** A worker commits a record without having processed it. */
    lose({ group, input }: GroupPlan) {
      if (records(input)[position(group)]) committed.set(group, position(group) + 1);
    },
    event: (id: string) => write(topics.listingImages(lane.name), { [headers.ceId]: id }),
  };
}
