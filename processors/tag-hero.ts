import { heroFactors, heroScore } from './hero-score.js';
import type { RoomType, Tag } from '../schemas/events.js';
import type { Operation } from './operation.js';

export interface HeroInputs {
  readonly roomType: RoomType | null;
  readonly quality: { readonly meanLuma: number; readonly sharpness: number };
  /** Tags of text laid over the photo. */
  readonly text: readonly Tag[];
  /** Tags of objects. Only persons count. */
  readonly objects: readonly Tag[];
  readonly moderation: { readonly nsfw: Float32Array };
}

/**
 * Gives the tag `hero`, whose score is the suitability of the photo as the lead photo of its listing
 * (`processors/hero-score.ts`). Clients can sort the photos of a listing by it. Photos that must not lead, such as
 * unsafe ones, do not get the tag.
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
