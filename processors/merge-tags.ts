import type { RoomType, Tag } from '../schemas/events.js';
import type { Operation } from './operation.js';
import type { ImageFacts } from './values.js';

/** The output of a pipeline's last node. */
export interface Tagged {
  readonly facts: ImageFacts;
  readonly roomType: RoomType | null;
  readonly tags: readonly Tag[];
}

type TagInputs<Name extends string> = { readonly [N in Name]: readonly Tag[] };

/** Merges the tags of several operations, best score first. Every name is one input. */
export function mergeTags<const Name extends string>(
  names: readonly Name[],
): Operation<{ readonly facts: ImageFacts } & TagInputs<Name>, Tagged> {
  return {
    name: 'merge-tags',
    needs: 'cpu',
    open: () =>
      function mergeTags(input) {
        return { facts: input.facts, roomType: null, tags: merged(input, names) };
      },
  };
}

/** Same as `mergeTags`, with the room type as an additional input. */
export function mergeTagsAndRoom<const Name extends string>(
  names: readonly Name[],
): Operation<{ readonly facts: ImageFacts; readonly roomType: RoomType | null } & TagInputs<Name>, Tagged> {
  return {
    name: 'merge-tags-and-room',
    needs: 'cpu',
    open: () =>
      function mergeTagsAndRoom(input) {
        return { facts: input.facts, roomType: input.roomType, tags: merged(input, names) };
      },
  };
}

function merged<Name extends string>(input: TagInputs<Name>, names: readonly Name[]): Tag[] {
  return names.flatMap((name) => input[name]).sort((a, b) => b.score - a.score);
}
