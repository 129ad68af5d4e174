import { join } from 'node:path';
import { FanlightError } from '../schemas/failure.js';
import { cardFile, invalidCard, loadCard, modelIdOf, type ModelCard } from './card.js';
import { describeModel } from './description.js';
import { frameworks } from './frameworks.js';

/** The models that ship with Fanlight. The list is explicit, so that a stray folder is never served. */
export const modelIds = [
  'scene@1',
  'scene@2',
  'moderation@1',
  'moderation@2',
  'quality@1',
  'objects@1',
  'objects@2',
  'overlay-text@1',
  'text-line@1',
  'room-type@1',
  'room-type@2',
  'hero@1',
] as const;

export type ModelId = (typeof modelIds)[number];

export interface CatalogueEntry {
  readonly card: ModelCard;
  /** Folder that holds the card, the labels, and weights that no package ships. */
  readonly dir: string;
}

export interface Catalogue {
  readonly models: ReadonlyMap<string, CatalogueEntry>;
  /**
   * Per model id, the reason (`invalid-card`) for which the model is unavailable. A bad card affects its own model
   * only.
   */
  readonly problems: ReadonlyMap<string, FanlightError>;
}

/** Reads every card under `root` (the folder `models/catalogue`), its labels and its vocabulary, but no weights. */
export function openCatalogue(root: string, ids: readonly string[] = modelIds): Catalogue {
  const models = new Map<string, CatalogueEntry>();
  const problems = new Map<string, FanlightError>();
  for (const id of ids) {
    const dir = join(root, id);
    try {
      models.set(id, { card: checked(id, loadCard(dir), dir), dir });
    } catch (error) {
      if (!(error instanceof FanlightError)) throw error;
      problems.set(id, error);
    }
  }
  return { models, problems };
}

function checked(id: string, card: ModelCard, dir: string): ModelCard {
  const file = join(dir, cardFile);
  if (modelIdOf(card) !== id) {
    throw invalidCard(
      file,
      `it describes ${modelIdOf(card)} but is in the folder of ${id}`,
      'Correct its name and version, or move it to its own folder.',
    );
  }
  const known = ['none', ...Object.keys(frameworks)];
  if (!known.includes(card.framework)) {
    throw invalidCard(
      file,
      `there is no framework "${card.framework}" (known: ${known.join(', ')})`,
      'Correct it, or add the framework to models/frameworks.ts.',
    );
  }
  describeModel(card, dir);
  return card;
}
