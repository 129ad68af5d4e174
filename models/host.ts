import { createBatcher, type Batcher, type DispatchReason } from '../primitives/batcher.js';
import type { Clock } from '../primitives/clock.js';
import { createDevice } from '../primitives/device.js';
import type { InferenceOptions, ModelDescription } from '../processors/ports.js';
import { asFanlightError, FanlightError, jobCancelled } from '../schemas/failure.js';
import type { LaneName } from '../schemas/lanes.js';
import type { ModelCard } from './card.js';
import type { Catalogue } from './catalogue.js';
import { describeModel } from './describe.js';
import { withinBudget, type Execution } from './execution.js';
import type { Inputs, LoadedModel } from './framework.js';
import { Residency, type ResidencyState } from './residency.js';

export interface ModelHostOptions {
  readonly catalogue: Pick<Catalogue, 'models'> & Partial<Catalogue>;
  readonly load: (card: ModelCard, dir: string, execution: Execution) => Promise<LoadedModel>;
  readonly executionOf: (card: ModelCard) => Execution;
  readonly clock: Clock;
  /** How long a task of a lane may wait for company, and which lane leaves first. */
  readonly lanes: ReadonlyMap<LaneName, { readonly batchDelayMs: number; readonly priority: number }>;
  /** Shared by all models: as many batches run at the same time as these have room for. */
  readonly cores: number;
  /** Memory for all models together, MiB; default: no bound. */
  readonly budgetMiB?: number;
  /** Loaded by `preload`, and never unloaded for the sake of another. */
  readonly pinned?: readonly string[];
  readonly observer?: HostObserver;
}

/** For metrics and logs. */
export interface HostObserver {
  onBatch?(modelId: string, size: number, reason: DispatchReason): void;
  /** Loading, verification of the weights and warm-up together. */
  onLoaded?(modelId: string, durationMs: number): void;
  onUnloaded?(modelId: string): void;
}

/** What an operator sees of one model of the catalogue. */
export interface ModelState {
  readonly id: string;
  readonly state: ResidencyState | 'absent';
  readonly memoryMiB: number;
  readonly pinned: boolean;
  /** Tasks that wait for a batch. */
  readonly waiting: number;
  /** Why its last load failed, until it is tried again. */
  readonly failure: string | null;
}

export type RunOptions = Pick<InferenceOptions, 'lane' | 'deadline' | 'cancelled'>;

/** The exact versions of the catalogue; `router.ts` adds aliases. */
export interface RunningHost {
  /** Whether the catalogue has the version, be its card sound or not. */
  has(modelId: string): boolean;
  /** Reads the card only. @throws FanlightError `unknown-model`, `invalid-card` */
  describe(modelId: string): ModelDescription;
  /** One task through the model, in a batch with whatever else the process has for it. */
  run(modelId: string, inputs: Inputs, options: RunOptions): Promise<Outputs>;
  /** Memory for all models together, MiB; Infinity: no bound. */
  readonly budgetMiB: number;
  /** Tasks that wait for a batch, over all models. */
  readonly waiting: number;
  /** Loads the pinned models. @throws what loading throws: a worker without them is of no use. */
  preload(): Promise<void>;
  /** Loads a model now, so that no task waits for it. */
  load(modelId: string): Promise<void>;
  /** Frees a model's memory after what it has to do; the next task for it loads it again. */
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

/** A model that could not be loaded is not tried again before this, milliseconds: each try reads all its weights. */
const retryLoadAfterMs = 10_000;

/**
 * The models of this process, each behind its own batcher that all callers share. A model is loaded at its first task
 * and may leave when others need its memory.
 */
export function createModelHost(options: ModelHostOptions): RunningHost {
  const { clock, observer = {}, budgetMiB = Infinity } = options;
  const { models, problems } = options.catalogue;
  const pinned = new Set(options.pinned ?? []);
  const device = createDevice(clock, options.cores);
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
      // What computes on the thread that asks takes turns with nobody.
      device: execution.batches ? device : createDevice(clock, Infinity),
      maxSize: card.maxBatch,
      concurrency: execution.instances,
      cost: execution.cores,
      ...(loaded.groupOf ? { groupOf: (inputs: Inputs) => loaded.groupOf?.(inputs) ?? '' } : {}),
      run: async (batch) => rows(await loaded.run(batch), batch.length),
      onDispatch: (size, reason) => observer.onBatch?.(modelId, size, reason),
      expired: () => expired(modelId),
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
      failures.delete(modelId); // the operator knows better
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

/**
 * A model that cannot be loaded is a defect of this worker and this model, not of the deployment: other models go on
 * here, and its tasks are tried again, perhaps elsewhere, before they become dead letters.
 */
function onlyHere(error: FanlightError): FanlightError {
  if (error.kind !== 'fatal') return error;
  return new FanlightError({
    code: error.code,
    message: error.message,
    remedy: error.remedy,
    kind: 'transient',
    cause: error,
  });
}

function expired(modelId: string): FanlightError {
  return new FanlightError({
    code: 'deadline-exceeded',
    message: `The deadline passed while the image waited for ${modelId}.`,
    remedy: 'Allow more time, add infer workers, or send the image to the bulk lane.',
  });
}

function unknownModel(modelId: string, known: readonly string[]): FanlightError {
  return new FanlightError({
    code: 'unknown-model',
    message: `There is no model ${JSON.stringify(modelId)} in the catalogue.`,
    remedy: `Use one of: ${known.join(', ')}; or add its card (see docs/adding-a-model.md).`,
  });
}
