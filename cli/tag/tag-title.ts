import type { Tag } from '../../schemas/events.js';

/** A tag for a person: its name, and the words that it is about. */
export function tagTitle({ name, text }: Tag): string {
  return text ? `${name} ${JSON.stringify(text)}` : name;
}
