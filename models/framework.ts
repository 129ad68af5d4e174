import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelDescription } from '../processors/ports.js';
import type { Tensor } from '../processors/values.js';
import type { FanlightError } from '../schemas/failure.js';
import { modelIdOf, type ModelCard } from './card.js';

/** One item of a batch, by the input names of the card; an image model has the one input `input`. */
export type Inputs = Readonly<Record<string, Tensor>>;

/** What every framework makes of a card and its weights. */
export interface LoadedModel {
  /** One row per input and output name, in the order of the batch. At most `card.maxBatch` inputs. */
  run(batch: readonly Inputs[]): Promise<Readonly<Record<string, readonly Float32Array[]>>>;
  /** Null, or why the model can not take these inputs (`wrong-tensor`, both shapes named). */
  refuse(inputs: Inputs): FanlightError | null;
  warmUp(): Promise<void>;
  dispose(): Promise<void>;
}

/** The parts of a card that operations read: labels, vocabulary and constants. */
export function describeModel(card: ModelCard, dir: string): ModelDescription {
  const readJson = (file: string | undefined): unknown => (file === undefined ? undefined : JSON.parse(readFileSync(join(dir, file), 'utf8')));
  const labels = (readJson(card.labels) ?? []) as readonly string[];
  const vocabulary = (readJson(card.vocabulary) ?? {}) as Readonly<Record<string, string>>;
  return {
    id: modelIdOf(card),
    labels,
    parameters: card.parameters ?? {},
    vocabulary: new Map(Object.entries(vocabulary).map(([index, tag]) => [Number(index), tag])),
  };
}
