import { EventEmitter } from 'node:events';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';

type Handler = (payload: EachBatchPayload) => Promise<void>;

const events = {
  GROUP_JOIN: 'join',
  HEARTBEAT: 'heartbeat',
  REBALANCING: 'rebalancing',
  CRASH: 'crash',
  FETCH: 'fetch',
  END_BATCH_PROCESS: 'end batch process',
};

/** One kafkajs consumer. The test is its broker. */
interface Session {
  readonly emitter: EventEmitter;
  readonly memberId: string;
  deliver: Handler | undefined;
  closed: boolean;
}

interface Commit {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly offset: string | undefined;
}

/**
 * A Kafka client without a broker. Consumers join their group when they run. Records arrive when the test delivers
 * them, a commit ends when the test settles it, and heartbeats and rebalances happen when the test says so. All act on
 * the consumer that was created last.
 */
export function fakeKafka({ deleteGroups = () => Promise.resolve() }: { deleteGroups?(): Promise<void> } = {}) {
  const sessions: Session[] = [];
  const commits: Commit[] = [];
  let generation = 0;
  let failingJoins = 0;

  function join(session: Session): void {
    generation += 1;
    const payload = { memberId: session.memberId, memberAssignment: { t: [0] } };
    session.emitter.emit(events.GROUP_JOIN, { payload });
  }

  function crash(session: Session, message: string): void {
    session.emitter.emit(events.CRASH, { payload: { error: new Error(message), restart: false } });
  }

  function consumer(): Consumer {
    const session: Session = {
      emitter: new EventEmitter(),
      memberId: `member-${sessions.length + 1}`,
      deliver: undefined,
      closed: false,
    };
    sessions.push(session);
    const fake = {
      events,
      on: (name: string, listener: (event: unknown) => void) => session.emitter.on(name, listener),
      connect: () => Promise.resolve(),
      subscribe: () => Promise.resolve(),
      run: ({ eachBatch }: { readonly eachBatch: Handler }) => {
        session.deliver = eachBatch;
        if (failingJoins > 0) {
          failingJoins -= 1;
          crash(session, 'the broker does not answer');
        } else join(session);
        return Promise.resolve();
      },
      seek: () => undefined,
      commitOffsets: (offsets: readonly { readonly offset: string }[]) =>
        new Promise<void>((resolve, reject) => commits.push({ resolve, reject, offset: offsets[0]?.offset })),
      disconnect: () => {
        session.closed = true;
        return Promise.resolve();
      },
    };
    return fake as unknown as Consumer;
  }

  const admin = () => ({
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    fetchTopicOffsets: () => Promise.resolve([]),
    deleteGroups,
  });

  function latest(): Session {
    const session = sessions.at(-1);
    if (session === undefined) throw new Error('no consumer was created');
    return session;
  }

  async function deliver(topic: string, offsets: readonly bigint[], last: bigint | undefined): Promise<void> {
    const value = Buffer.from('value');
    const messages = offsets.map((offset) => ({
      ...{ key: null, value, timestamp: '0', attributes: 0, offset: String(offset), headers: {} },
    }));
    await latest().deliver?.({
      batch: {
        ...{ topic, partition: 0, messages },
        firstOffset: () => String(offsets[0]),
        lastOffset: () => String(last),
      },
      resolveOffset: () => undefined,
      heartbeat: () => Promise.resolve(),
      pause: () => () => undefined,
      isRunning: () => true,
      isStale: () => false,
    } as unknown as EachBatchPayload);
  }

  return {
    kafka: { consumer, admin } as unknown as Kafka,
    /** Commits that were requested, in order. */
    commits,
    /** Consumers that were created, in order. */
    sessions: sessions as readonly { readonly memberId: string; readonly closed: boolean }[],
    /** Answers a heartbeat, by default of the generation that was joined last. */
    heartbeat(of = generation): void {
      const payload = { memberId: latest().memberId, groupGenerationId: of };
      latest().emitter.emit(events.HEARTBEAT, { payload });
    },
    /** Begins a rebalance, as kafkajs reports it. */
    rebalance: () => void latest().emitter.emit(events.REBALANCING, { payload: {} }),
    /** Ends a rebalance: the consumer has its partitions again. */
    join: () => join(latest()),
    /** Lets a consumer join that was replaced, counted from 1. */
    joinFormer: (number: number) => join(sessions[number - 1] as Session),
    crash: (message = 'crash') => crash(latest(), message),
    /** The next joins fail. */
    failJoins: (count: number) => void (failingJoins = count),
    /** Delivers records to the consumer that was created last. */
    deliver: (topic: string, ...offsets: readonly bigint[]) => deliver(topic, offsets, offsets.at(-1)),
    /** Delivers records, behind which a fetch has offsets without records up to `last`. */
    deliverUpTo: (last: bigint, topic: string, ...offsets: readonly bigint[]) => deliver(topic, offsets, last),
    /** Passes a batch without records, as kafkajs reports it. */
    passEmpty(last: bigint, topic: string): void {
      const payload = { topic, partition: 0, batchSize: 0, lastOffset: String(last) };
      latest().emitter.emit(events.END_BATCH_PROCESS, { payload });
    },
  };
}
