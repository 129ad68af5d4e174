import type { PhotoInput } from './photo-inputs.js';

/** The result of adding an input. */
export type AddedPhoto =
  /** The photo has to be sent. */
  | { readonly kind: 'new' }
  /** The same photo is in flight; this input gets its outcome. */
  | { readonly kind: 'joined' }
  /** Another photo has this imageId: sending both would let one overwrite the other. */
  | { readonly kind: 'taken'; readonly by: string };

/**
 * Photos of a run that have not ended, by `imageId`. An input that comes again while it waits is sent once. An input
 * that comes again after it ended is sent again, under the same id, because results are not kept in memory.
 */
export class WaitingPhotos {
  readonly #inputs = new Map<string, PhotoInput[]>();
  readonly #imageOfOrigin = new Map<string, string>();
  readonly #originOfImage = new Map<string, string>();
  readonly #locationOfImage = new Map<string, string>();

  get size(): number {
    return this.#inputs.size;
  }

  imageIds(): string[] {
    return [...this.#inputs.keys()];
  }

  add(input: PhotoInput): AddedPhoto {
    const { imageId, source } = input;
    const location = source.kind === 'url' ? source.url : source.path;
    const by = this.#locationOfImage.get(imageId) ?? location;
    if (by !== location) return { kind: 'taken', by };
    this.#locationOfImage.set(imageId, location);
    const waiting = this.#inputs.get(imageId);
    if (waiting) {
      waiting.push(input);
      return { kind: 'joined' };
    }
    this.#inputs.set(imageId, [input]);
    return { kind: 'new' };
  }

  /** @param origin id of the sent event, under which its outcome comes back */
  sent(imageId: string, origin: string): void {
    this.#imageOfOrigin.set(origin, imageId);
    this.#originOfImage.set(imageId, origin);
  }

  imageOf(origin: string): string | undefined {
    return this.#imageOfOrigin.get(origin);
  }

  /** Forgets the photo and returns its inputs; none if it has already ended. */
  finish(imageId: string): readonly PhotoInput[] {
    const inputs = this.#inputs.get(imageId) ?? [];
    this.#inputs.delete(imageId);
    const origin = this.#originOfImage.get(imageId);
    if (origin !== undefined) this.#imageOfOrigin.delete(origin);
    this.#originOfImage.delete(imageId);
    return inputs;
  }
}
