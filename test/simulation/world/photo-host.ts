import { FanlightError } from '../../../schemas/failure.js';
import { listingImageId } from '../../../schemas/ids.js';
import type { Photo } from './photos.js';

/** The web server of the photos. It counts the tries for each photo, whichever worker makes them. */
export class PhotoHost {
  readonly #photos: ReadonlyMap<string, Photo>;
  readonly #tries = new Map<string, number>();

  readonly #onGet: (id: string) => void;

  /** @param onGet called with the `ce_id` of the event at each request for its photo */
  constructor(photos: readonly Photo[], onGet: (id: string) => void) {
    this.#onGet = onGet;
    this.#photos = new Map(photos.map((photo) => [photo.event.url ?? '', photo]));
  }

  /** Returns the SHA-256 of the file. Throws the failure that the course of the photo asks for. */
  get(url: string): string {
    const photo = this.#photos.get(url);
    if (photo === undefined) throw failure('not-found', url);
    this.#onGet(listingImageId(photo.event));
    const tries = (this.#tries.get(url) ?? 0) + 1;
    this.#tries.set(url, tries);
    if (photo.course === 'broken') throw failure('not-an-image', url);
    if (photo.course === 'unreachable') throw failure('host-timeout', url);
    if (tries <= photo.failures) throw failure(photo.course === 'flaky' ? 'host-error' : 'host-timeout', url);
    return photo.content;
  }
}

function failure(code: 'not-found' | 'not-an-image' | 'host-timeout' | 'host-error', url: string): FanlightError {
  return new FanlightError({ code, message: `The photo ${url} cannot be had.`, remedy: 'None: it is a simulation.' });
}
