import type { ModelCard } from '../../models/card.js';
import type { LoadedModel } from '../../models/framework.js';
import { openTagCounter } from './compare_tags.js';
import { heldOutPhotos } from './held_out.js';
import { servedView } from '../photos/served_view.js';
import { decode } from '../photos/view.js';

interface Compared {
  /** Folder of each model. */
  readonly dirs: readonly string[];
  /** Folder of labelled photos, of which the held-out ones are used. */
  readonly photos: string;
  readonly count: number;
}

/** Prints how much the outputs of each model differ from those of the first, and for scene how many tags they share. */
export async function compareOutputs(
  card: ModelCard,
  models: readonly LoadedModel[],
  { dirs, photos, count }: Compared,
): Promise<void> {
  const held = heldOutPhotos(photos, count);
  const tags =
    card.parameters?.['tagThreshold'] === undefined
      ? undefined
      : await openTagCounter(card, dirs[0] ?? '', models.length);
  const differences = models.map(
    () => new Map(card.outputs.map(({ name }) => [name, { largest: 0, sum: 0, values: 0 }])),
  );
  for (const { file } of held) {
    const { data, width, height } = await servedView(await decode(file), card);
    const batch = [{ input: { dtype: 'uint8' as const, shape: [height, width, 3], data } }];
    const all = await Promise.all(models.map((model) => model.run(batch)));
    const [expected, ...others] = all;
    await tags?.add(all.map(({ probs }) => probs?.[0] ?? new Float32Array()));
    for (const [at, outputs] of others.entries()) {
      for (const [name, of] of differences[at + 1] ?? []) {
        const reference = expected?.[name]?.[0] ?? [];
        for (const [i, value] of (outputs[name]?.[0] ?? new Float32Array()).entries()) {
          const difference = Math.abs(value - (reference[i] ?? NaN));
          of.largest = Math.max(of.largest, difference);
          of.sum += difference;
          of.values += 1;
        }
      }
    }
  }
  for (const [at, byOutput] of differences.entries()) {
    if (at === 0) continue;
    for (const [name, { largest, sum, values }] of byOutput) {
      console.log(
        `${dirs[at]}: ${name} differs by at most ${largest.toPrecision(2)}, ${(sum / values).toPrecision(2)} on average, over ${held.length} photos of ${photos}`,
      );
    }
    if (tags)
      console.log(
        `${dirs[at]}: ${tags.counts[at]?.given} tags, ${tags.counts[at]?.shared} of them shared with the first model, which gives ${tags.counts[0]?.given}`,
      );
  }
}
