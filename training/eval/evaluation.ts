import type { ModelId } from '../../models/catalogue.js';
import type { LabelledPhoto } from '../photos/photos.js';
import type { EvaluatedModels } from './evaluated-models.js';

/** How many of some cases went one way. */
export interface Figure {
  readonly what: string;
  readonly hits: number;
  readonly of: number;
}

/** label -> what the model said -> photos. */
export type Confusion = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface Measured {
  readonly figures: readonly Figure[];
  readonly confusion?: Confusion;
}

/** How one model is measured on labelled photos; an entry in `evaluations.ts`. */
export interface Evaluation {
  readonly model: ModelId;
  /** Photos that are used unless more are asked for, where one takes long; left out, all. */
  readonly photos?: number;
  /** @throws FanlightError when a model cannot be loaded, Error when a photo cannot be read. */
  measure(photos: readonly LabelledPhoto[], models: EvaluatedModels): Promise<Measured>;
}
