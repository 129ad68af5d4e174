import { createBatcher, type Batcher, type DispatchReason } from '../primitives/batcher.js';
import type { Clock } from '../primitives/clock.js';
import type { InferenceOptions, Model, ModelHost } from '../processors/ports.js';
import { FanlightError } from '../schemas/failure.js';
import type { LaneName } from '../schemas/lanes.js';
import type { ModelCard } from './card.js';
import { describeModel } from './describe.js';
import type { Framework, Inputs, LoadedModel } from './framework.js';

export interface ModelHostOptions {
  readonly catalogue: ReadonlyMap<string, { readonly card: ModelCard; readonly dir: string }>;
  readonly load: (card: ModelCard, dir: string) => Promise<LoadedModel & Pick<Framework, 'batches'>>;
  readonly clock: Clock;
  /** How long a task of a lane may wait for company, and which lane leaves first. */
  readonly lanes: ReadonlyMap<LaneName, { readonly batchDelayMs: number; readonly priority: number }>;
  /** Batches of one model that may run at the same time. */
  readonly concurrency: number;
  readonly onBatch?: (modelId: string, size: number, reason: DispatchReason) => void;
}

interface Request {
  readonly modelId: string;
  readonly inputs: Inputs;
}
type Outputs = Readonly<Record<string, Float32Array>>;

/** One loaded model a version in this process, each behind its own batcher that all callers share. */
export function createModelHost(options: ModelHostOptions): ModelHost & { readonly waiting: number; close(): Promise<void> } {
  const opened = new Map<string, Promise<{ model: Model; loaded: LoadedModel }>>();
  const batchers: Batcher<Request, Outputs>[] = [];

  function find(modelId: string) {
    const entry = options.catalogue.get(modelId);
    if (!entry) throw unknownModel(modelId, [...options.catalogue.keys()]);
    return entry;
  }

  async function open(modelId: string) {
    const entry = find(modelId);
    const loaded = await options.load(entry.card, entry.dir);
    await loaded.warmUp();
    const batcher = createBatcher<Request, Outputs>({
      clock: options.clock,
      maxSize: entry.card.maxBatch,
      concurrency: options.concurrency,
      run: async (requests) => rows(await loaded.run(requests.map(({ inputs }) => inputs)), requests.length),
      onDispatch: (size, reason) => options.onBatch?.(modelId, size, reason),
      expired,
    });
    batchers.push(batcher);
    const model: Model = { ...describeModel(entry.card, entry.dir), infer };
    return { model, loaded };

    function infer(inputs: Inputs, { lane, deadline }: InferenceOptions): Promise<Outputs> {
      const wrong = loaded.refuse(inputs);
      if (wrong) return Promise.reject(wrong);
      const policy = options.lanes.get(lane) ?? { batchDelayMs: 0, priority: 0 };
      const delayMs = loaded.batches ? policy.batchDelayMs : 0;
      return batcher.add({ modelId, inputs }, { delayMs, priority: policy.priority, deadline });
    }
  }

  return {
    async open(modelId) {
      const opening = opened.get(modelId) ?? open(modelId);
      opened.set(modelId, opening);
      return (await opening).model;
    },
    // async, so that an unknown model is a rejection here as it is in `open`
    async describe(modelId) {
      const { card, dir } = find(modelId);
      return Promise.resolve(describeModel(card, dir));
    },
    get waiting() {
      return batchers.reduce((sum, batcher) => sum + batcher.waiting, 0);
    },
    async close() {
      for (const opening of opened.values()) await (await opening).loaded.dispose();
    },
  };
}

function rows(outputs: Readonly<Record<string, readonly Float32Array[]>>, count: number): Outputs[] {
  return Array.from({ length: count }, (_, index) =>
    Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, values[index] ?? new Float32Array()])),
  );
}

function expired({ modelId }: Request): FanlightError {
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
    remedy: `Use one of: ${known.join(', ')}; or add its card (see docs/adding.md).`,
  });
}
