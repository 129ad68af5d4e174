import type { Kafka } from '../kafka/client/client.js';
import type { Logger } from 'pino';
import type { Clock } from '../../primitives/clock.js';
import { every } from '../../primitives/timer-loop.js';
import { asFanlightError } from '../../schemas/failure.js';
import type { ModelCommand, AliasRouteRecord, WorkerModels } from '../../schemas/models/control.js';
import { topics } from '../../schemas/topics.js';
import type { Codec } from '../records/codec.js';
import type { Metrics } from '../metrics.js';
import type { Message } from '../records/message.js';
import { followTopics } from '../kafka/read/topic-follower.js';
import type { Publisher } from '../kafka/client/producer.js';

/** Operations on the models of a process that operators may trigger. */
export interface ControlledModels {
  load(modelId: string): Promise<void>;
  unload(modelId: string): Promise<void>;
  /** Null removes the alias. */
  setRoute(alias: string, route: AliasRouteRecord | null): void;
  describe(): Pick<WorkerModels, 'models' | 'aliases' | 'budgetMiB'>;
}

export interface ModelControlOptions {
  readonly kafka: Kafka;
  readonly publisher: Publisher;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly worker: string;
  readonly models: ControlledModels;
  /** Interval between reports of the model states (ms). */
  readonly everyMs: number;
}

/**
 * Applies the operators' commands on the command topic, from its beginning, and reports the model states. Resolves once
 * all commands from before the call are applied (models may still be loading). A refused command is reported and does
 * not stop the worker.
 */
export async function startModelControl(options: ModelControlOptions): Promise<{ stop(): Promise<void> }> {
  const { kafka, publisher, codec, clock, logger, worker, models } = options;
  const refused = new Map<string, string>();
  let appliedOffset = -1;
  let following = false;
  let stopping = false;
  /** The last queued report. It never rejects. */
  let lastReport: Promise<void> = Promise.resolve();

  async function handleCommand(message: Message): Promise<void> {
    try {
      const command = (await codec.decode('model-command', message.value)) as ModelCommand;
      refused.delete(command.subject);
      try {
        apply(command);
      } catch (error) {
        refuse(command, error);
      }
    } catch (error) {
      logger.warn(
        { offset: String(message.offset), error: (error as Error).message },
        'a model command could not be read',
      );
    }
    appliedOffset = Number(message.offset);
    if (following) await report();
  }

  function apply(command: ModelCommand): void {
    const { action, subject, route, issuedBy } = command;
    logger.info({ action, subject, route, issuedBy }, 'model command');
    if (action === 'SET_ALIAS') models.setRoute(subject, route);
    else if (action === 'REMOVE_ALIAS') models.setRoute(subject, null);
    else {
      // Not awaited: a model that waits for memory must not block later commands.
      const work = action === 'LOAD' ? models.load(subject) : models.unload(subject);
      work
        .then(report, (error: unknown) => {
          refuse(command, error);
          return report();
        })
        .catch(unreported);
    }
  }

  function refuse({ action, subject }: ModelCommand, thrown: unknown): void {
    const error = asFanlightError(thrown);
    refused.set(subject, error.message);
    logger.error({ action, subject, code: error.code, remedy: error.remedy }, error.message);
  }

  /** Writes reports one after another, so that an older report never replaces a newer one on the compacted topic. */
  function report(): Promise<void> {
    const written = lastReport.then(() => (stopping ? undefined : writeState(false)));
    lastReport = written.catch(() => undefined);
    return written;
  }

  async function writeState(stopped: boolean): Promise<void> {
    const state: WorkerModels = {
      worker,
      at: clock.now(),
      stopped,
      appliedOffset,
      refused: Object.fromEntries(refused),
      ...models.describe(),
    };
    const value = await codec.encode('worker-models', topics.workerModels, state);
    await publisher.publish([{ topic: topics.workerModels, key: Buffer.from(worker), value, headers: {} }]);
  }

  /** A failed report is only logged, because the next report contains the same states. */
  const unreported = (error: unknown) =>
    logger.warn({ error: (error as Error).message }, 'the state of the models could not be reported');

  const follower = await followTopics({
    kafka,
    topics: [topics.modelCommands],
    from: 'beginning',
    name: 'model-control',
    onMessage: handleCommand,
    clock,
    logger,
    metrics: options.metrics,
  });
  following = true;
  await report();
  const stopReports = every(clock, options.everyMs, report, unreported);
  return {
    async stop() {
      stopping = true;
      void stopReports();
      try {
        await follower.close();
      } finally {
        await lastReport;
        await writeState(true).catch(unreported);
      }
    },
  };
}
