import type { Tag } from '../../schemas/events.js';

/** Returns the name of a tag, with the words that were read, if any. */
export function tagTitle({ name, text }: Tag): string {
  return text ? `${name} ${JSON.stringify(text)}` : name;
}
