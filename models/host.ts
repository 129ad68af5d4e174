import { createBatcher, type Batcher, type DispatchReason } from '../primitives/batcher.js';
import type { Clock } from '../primitives/clock.js';
import { createSharedDevice } from '../primitives/shared-device.js';
import type { InferenceOptions, ModelDescription } from '../processors/ports.js';
import { asFanlightError, jobCancelled, type FanlightError } from '../schemas/failure.js';
import type { LaneName } from '../schemas/lanes.js';
import type { ModelCard } from './card.js';
import type { Catalogue } from './catalogue.js';
import { describeModel } from './description.js';
import { withinBudget, type Execution } from './execution.js';
import type { Inputs, LoadedModel } from './framework.js';
import { deadlinePassed, onlyHere, unknownModel } from './host-failures.js';
import { Residency, type ResidencyState } from './residency.js';

export interface ModelHostOptions {
  readonly catalogue: Pick<Catalogue, 'models'> & Partial<Catalogue>;
  readonly load: (card: ModelCard, dir: string, execution: Execution) => Promise<LoadedModel>;
  readonly executionOf: (card: ModelCard) => Execution;
  readonly clock: Clock;
  /** Per lane, the longest time that a task waits for a fuller batch, and the priority (lower is dispatched first). */
  readonly lanes: ReadonlyMap<LaneName, { readonly batchDelayMs: number; readonly priority: number }>;
  /** Cores shared by all models. Batches run at the same time as long as these suffice. */
  readonly cores: number;
  /** Memory for all models together (MiB). Default: unlimited. */
  readonly budgetMiB?: number;
  /** Models that `preload` loads and that are never evicted for another model. */
  readonly pinned?: readonly string[];
  readonly observer?: HostObserver;
}

/** Callbacks for metrics and logs. */
export interface HostObserver {
  onBatch?(modelId: string, size: number, reason: DispatchReason): void;
  /** `durationMs` covers loading, verification of the weights and warm-up. */
  onLoaded?(modelId: string, durationMs: number): void;
  onUnloaded?(modelId: string): void;
}

/** The state of one model of the catalogue, for operators. */
export interface ModelState {
  readonly id: string;
  readonly state: ResidencyState | 'absent';
  readonly memoryMiB: number;
  readonly pinned: boolean;
  /** Tasks queued for a batch. */
  readonly waiting: number;
  /** Reason why the last load failed; null once a later load succeeds. */
  readonly failure: string | null;
}

export type RunOptions = Pick<InferenceOptions, 'lane' | 'deadline' | 'cancelled'>;

/** Runs exact versions of the catalogue. `router.ts` adds aliases. */
export interface RunningHost {
  /** True when the catalogue lists the version, even if its card is invalid. */
  has(modelId: string): boolean;
  /** Reads the card only. @throws FanlightError `unknown-model`, `invalid-card` */
  describe(modelId: string): ModelDescription;
  /** Runs one task through the model, in a batch with other tasks of this process. */
  run(modelId: string, inputs: Inputs, options: RunOptions): Promise<Outputs>;
  /** Memory for all models together (MiB). Infinity: unlimited. */
  readonly budgetMiB: number;
  /** Tasks of all models that are queued for a batch. */
  readonly waiting: number;
  /** Loads the pinned models. @throws the error of a failed load: a worker must not start without them. */
  preload(): Promise<void>;
  /** Loads a model ahead of its first task. */
  load(modelId: string): Promise<void>;
  /** Frees the model's memory once its accepted tasks have finished. The next task loads it again. */
  unload(modelId: string): Promise<void>;
  states(): readonly ModelState[];
  close(): Promise<void>;
}

export type Outputs = Readonly<Record<string, Float32Array>>;

interface Running {
  readonly loaded: LoadedModel;
  readonly execution: Execution;
  readonly batcher: Batcher<Inputs, Outputs>;
}

/** Delay before a failed load is retried (ms). Each attempt reads all weights. */
const retryLoadAfterMs = 10_000;

/**
 * The models of this process. Each has its own batcher, which all callers share. A model is loaded at its first task.
 * It may be evicted when other models need its memory.
 */
export function createModelHost(options: ModelHostOptions): RunningHost {
  const { clock, observer = {}, budgetMiB = Infinity } = options;
  const { models, problems } = options.catalogue;
  const pinned = new Set(options.pinned ?? []);
  const device = createSharedDevice(clock, options.cores);
  const running = new Map<string, Running>();
  const failures = new Map<string, { readonly error: FanlightError; readonly retryAt: number }>();
  const residency = new Residency<Running>({
    budgetMiB,
    pinned,
    sizeOf: (id) => find(id).card.memoryMiB * executionOf(id).instances,
    load: start,
    unload: stop,
  });
  for (const id of pinned) find(id);

  function find(modelId: string) {
    const entry = models.get(modelId);
    if (entry) return entry;
    throw problems?.get(modelId) ?? unknownModel(modelId, [...models.keys()]);
  }

  function executionOf(modelId: string): Execution {
    const { card } = find(modelId);
    return withinBudget(options.executionOf(card), card.memoryMiB, budgetMiB);
  }

  async function start(modelId: string): Promise<Running> {
    const { card, dir } = find(modelId);
    const execution = executionOf(modelId);
    const startedAt = clock.now();
    const loaded = await options.load(card, dir, execution);
    await loaded.warmUp();
    const batcher = createBatcher<Inputs, Outputs>({
      clock,
      // Models that run on the calling thread do not take turns.
      device: execution.batches ? device : createSharedDevice(clock, Infinity),
      maxSize: card.maxBatch,
      concurrency: execution.instances,
      cost: execution.cores,
      ...(loaded.groupOf ? { groupOf: (inputs: Inputs) => loaded.groupOf?.(inputs) ?? '' } : {}),
      run: async (batch) => rows(await loaded.run(batch), batch.length),
      onDispatch: (size, reason) => observer.onBatch?.(modelId, size, reason),
      expired: () => deadlinePassed(modelId),
    });
    const started = { loaded, execution, batcher };
    running.set(modelId, started);
    observer.onLoaded?.(modelId, clock.now() - startedAt);
    return started;
  }

  async function stop(modelId: string, { loaded, batcher }: Running): Promise<void> {
    batcher.close();
    running.delete(modelId);
    await loaded.dispose();
    observer.onUnloaded?.(modelId);
  }

  async function lease(modelId: string) {
    const failure = failures.get(modelId);
    if (failure && clock.now() < failure.retryAt) throw failure.error;
    try {
      const leased = await residency.acquire(modelId);
      failures.delete(modelId);
      return leased;
    } catch (thrown) {
      const error = onlyHere(asFanlightError(thrown));
      failures.set(modelId, { error, retryAt: clock.now() + retryLoadAfterMs });
      throw error;
    }
  }

  async function run(modelId: string, inputs: Inputs, { lane, deadline, cancelled }: RunOptions): Promise<Outputs> {
    const { model, release } = await lease(modelId);
    try {
      const wrong = model.loaded.refuse(inputs);
      if (wrong) throw wrong;
      const policy = options.lanes.get(lane) ?? { batchDelayMs: 0, priority: 0 };
      const delayMs = model.execution.batches && find(modelId).card.maxBatch > 1 ? policy.batchDelayMs : 0;
      return await model.batcher.add(inputs, {
        delayMs,
        priority: policy.priority,
        deadline,
        unwanted: () => (cancelled?.() ? jobCancelled() : undefined),
      });
    } finally {
      release();
    }
  }

  return {
    budgetMiB,
    has: (modelId) => models.has(modelId) || problems?.has(modelId) === true,
    describe(modelId) {
      const { card, dir } = find(modelId);
      return describeModel(card, dir);
    },
    run,
    get waiting() {
      return [...running.values()].reduce((sum, { batcher }) => sum + batcher.waiting, 0);
    },
    async preload() {
      await Promise.all([...pinned].map((id) => residency.load(id)));
    },
    async load(modelId) {
      find(modelId);
      failures.delete(modelId); // an explicit load by the operator skips the retry delay
      (await lease(modelId)).release();
    },
    async unload(modelId) {
      find(modelId);
      await residency.unload(modelId);
    },
    states: () =>
      [...models].map(([id, { card }]) => ({
        id,
        state: residency.stateOf(id),
        memoryMiB: card.memoryMiB * executionOf(id).instances,
        pinned: pinned.has(id),
        waiting: running.get(id)?.batcher.waiting ?? 0,
        failure: failures.get(id)?.error.message ?? null,
      })),
    close: () => residency.close(),
  };
}

function rows(outputs: Readonly<Record<string, readonly Float32Array[]>>, count: number): Outputs[] {
  return Array.from({ length: count }, (_, index) =>
    Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, values[index] ?? new Float32Array()])),
  );
}
