import { heroFactors, heroScore } from '../models/hero/score.js';
import type { RoomType, Tag } from '../schemas/events.js';
import type { Operation } from './operation.js';

export interface HeroInputs {
  readonly roomType: RoomType | null;
  readonly quality: { readonly meanLuma: number; readonly sharpness: number };
  /** Tags of the text that is laid over the photo. */
  readonly text: readonly Tag[];
  /** Tags of things; of these, persons count. */
  readonly objects: readonly Tag[];
  readonly moderation: { readonly nsfw: Float32Array };
}

/**
 * The tag `hero`, whose score says how well the photo would lead its listing (`models/hero/score.ts`). Every photo has
 * it, so that
 * the photos of a listing can be put in order, but for those that must not lead at all, such as unsafe ones.
 */
export function tagHero(modelId: string): Operation<HeroInputs, readonly Tag[]> {
  return {
    name: `tags:${modelId}`,
    needs: 'cpu',
    models: [modelId],
    async open({ models }) {
      const { parameters } = await models.describe(modelId);
      return function tagHero({ roomType, quality, text, objects, moderation }) {
        const facts = {
          roomType,
          ...quality,
          text: bestScore(text),
          person: bestScore(objects.filter(({ name }) => name === 'person')),
          nsfw: moderation.nsfw[0] ?? 0,
        };
        const score = heroScore(heroFactors(facts, parameters));
        return score > 0 ? [{ name: 'hero', score, model: modelId, box: null }] : [];
      };
    },
  };
}

function bestScore(tags: readonly Tag[]): number {
  return Math.max(0, ...tags.map(({ score }) => score));
}
