import type { ModelId } from '../../models/catalogue.js';
import type { LabelledPhoto } from '../photos/photos.js';
import type { EvaluatedModels } from './evaluated-models.js';

/** A share: `hits` of `of` cases. */
export interface Figure {
  readonly what: string;
  readonly hits: number;
  readonly of: number;
}

/** label -> predicted label -> number of photos. */
export type Confusion = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface Measured {
  readonly figures: readonly Figure[];
  readonly confusion?: Confusion;
}

/** The measurement of one model on labelled photos. `evaluations.ts` lists the evaluations. */
export interface Evaluation {
  readonly model: ModelId;
  /** Default number of photos, for slow models. Absent: all photos. */
  readonly photos?: number;
  /** @throws FanlightError when a model cannot be loaded, Error when a photo cannot be read. */
  measure(photos: readonly LabelledPhoto[], models: EvaluatedModels): Promise<Measured>;
}
