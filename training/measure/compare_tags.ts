import type { OperationContext } from '../../processors/operation.js';
import type { Ports } from '../../processors/ports.js';
import { tagScene } from '../../processors/tag-scene.js';
import { modelIdOf, type ModelCard } from '../../models/card.js';
import { describeModel } from '../../models/description.js';

/** Number of tags that a model gives; `shared`: tags that the first model gives as well. */
export interface TagCounts {
  given: number;
  shared: number;
}

/** Counts the tags that follow from the probabilities of scene, for several models that get the same photos. */
export async function openTagCounter(card: ModelCard, dir: string, models: number) {
  const ports = { models: { describe: () => Promise.resolve(describeModel(card, dir)) } } as unknown as Ports;
  const context = { signal: new AbortController().signal } as OperationContext;
  const tag = await tagScene(modelIdOf(card)).open(ports);
  const counts: readonly TagCounts[] = Array.from({ length: models }, () => ({ given: 0, shared: 0 }));
  return {
    counts,
    /** @param probs probabilities of one photo, one row per model */
    async add(probs: readonly Float32Array[]): Promise<void> {
      const names = await Promise.all(
        probs.map(async (row) => new Set((await tag({ scene: { probs: row } }, context)).map(({ name }) => name))),
      );
      for (const [at, mine] of names.entries()) {
        const count = counts[at];
        if (count === undefined) continue;
        count.given += mine.size;
        count.shared += [...mine].filter((name) => names[0]?.has(name)).length;
      }
    },
  };
}
