import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { ModelDescription } from '../processors/ports.js';
import { cardFile, invalidCard, modelIdOf, type ModelCard } from './card.js';

const labelList = z.array(z.string().min(1)).min(1);
const tagsByIndex = z.record(z.string().regex(/^[0-9]+$/), z.string().min(1));

/**
 * Returns the parts of a card that operations read: labels, vocabulary and constants.
 * @throws FanlightError `invalid-card` when a file that the card names is missing or has the wrong format.
 */
export function describeModel(card: ModelCard, dir: string): ModelDescription {
  const labels = read(card, dir, { field: 'labels', schema: labelList, what: 'a list of names' }) ?? [];
  const vocabulary = Object.entries(
    read(card, dir, { field: 'vocabulary', schema: tagsByIndex, what: 'an object of tags by the index of a label' }) ??
      {},
  );
  const wrong = card.outputs.find(({ perLabel, shape }) => perLabel === true && shape[1] !== labels.length);
  if (wrong) {
    throw invalidCard(
      join(dir, cardFile),
      `labels: ${card.labels ?? 'no file'} has ${labels.length} names, but the output "${wrong.name}" has ${wrong.shape[1]} values`,
      'Give each value a name, or correct the shape.',
    );
  }
  const beyond = vocabulary.find(([index]) => Number(index) >= labels.length);
  if (beyond) {
    throw invalidCard(
      join(dir, cardFile),
      `vocabulary: ${card.vocabulary} names the label ${beyond[0]}, but there are only ${labels.length} labels`,
      'Use indices of existing labels, counted from 0.',
    );
  }
  return {
    id: modelIdOf(card),
    labels,
    parameters: card.parameters ?? {},
    vocabulary: new Map(vocabulary.map(([index, tag]) => [Number(index), tag])),
  };
}

interface NamedFile<T> {
  readonly field: 'labels' | 'vocabulary';
  readonly schema: z.ZodType<T>;
  /** Expected content, for the message. */
  readonly what: string;
}

function read<T>(card: ModelCard, dir: string, { field, schema, what }: NamedFile<T>): T | undefined {
  const file = card[field];
  if (file === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(join(dir, file), 'utf8'));
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const problem = missing
      ? `the folder of the card has no ${file}`
      : `${file} cannot be read as JSON (${String(cause)})`;
    throw invalidCard(join(dir, cardFile), `${field}: ${problem}`, `Put ${what} into that file, as JSON.`, cause);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw invalidCard(
    join(dir, cardFile),
    `${field}: ${file} is not ${what}`,
    `Put ${what} into that file, as JSON.`,
    parsed.error,
  );
}
