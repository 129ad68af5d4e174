import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelDescription } from '../processors/ports.js';
import { modelIdOf, type ModelCard } from './card.js';

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
