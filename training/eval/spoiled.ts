import type { ModelId } from '../../models/catalogue.js';
import { qualityOf, type Quality } from '../../processors/image-quality.js';
import { spoil, type Spoiling } from '../photos/spoiled_photo.js';
import { decode, fitWithin } from '../photos/view.js';
import type { Evaluation } from './evaluation.js';

type Fault = 'dark' | 'blurred';

const cases: readonly (readonly [Spoiling, Fault])[] = [
  ['clean', 'dark'],
  ['clean', 'blurred'],
  ['light x 0.3', 'dark'],
  ['light x 0.2', 'dark'],
  ['blur 2 px', 'blurred'],
  ['blur 3 px', 'blurred'],
];

/** Share of photos that the model calls dark or blurred: unchanged, and after the photo was darkened or blurred. */
export function spoiled(model: ModelId): Evaluation {
  return {
    model,
    async measure(photos, models) {
      const { darkMeanLuma = 0, blurredSharpness = 0 } = models.describe(model).parameters;
      const faults: Readonly<Record<Fault, (quality: Quality) => boolean>> = {
        dark: ({ meanLuma }) => meanLuma < darkMeanLuma,
        blurred: ({ sharpness }) => sharpness < blurredSharpness,
      };
      const hits = cases.map(() => 0);
      for (const { file } of photos) {
        const small = await fitWithin(await decode(file), 512);
        for (const [at, [spoiling, fault]] of cases.entries()) {
          if (faults[fault](qualityOf(await spoil(small, spoiling)))) hits[at] = (hits[at] ?? 0) + 1;
        }
      }
      return {
        figures: cases.map(([spoiling, fault], at) => ({
          what: `${spoiling}: called ${fault}`,
          hits: hits[at] ?? 0,
          of: photos.length,
        })),
      };
    },
  };
}
