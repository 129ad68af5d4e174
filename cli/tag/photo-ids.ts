import { basename, dirname, posix, resolve, sep } from 'node:path';
import { deriveId } from '../../schemas/ids.js';

export interface PhotoIds {
  readonly listingId: string;
  /** Unique over all listings, the same in every run, and readable. */
  readonly imageId: string;
}

/** Longer names are cut and end with a hash: ids become keys of stores, some of which accept 1,024 bytes at most. */
const longestName = 200;

/**
 * Derives the ids of a file: the listing is the given folder (with the sub-folder, if any), the photo is the name of
 * the file in it.
 *
 * @param folder the folder as given; for a single file, its own folder
 * @param listing name to use instead of the folder's
 */
export function idsOfFile(file: string, folder: string, listing?: string): PhotoIds {
  const root = resolve(folder);
  const inside = resolve(file)
    .slice(root.length)
    .split(sep)
    .filter((part) => part !== '')
    .join('/');
  const name = listing ?? (basename(root) === '' ? 'files' : basename(root));
  const imageId = bounded(`${name}/${inside}`);
  return { listingId: listing ?? bounded(dirname(`${name}/${inside}`)), imageId };
}

/**
 * Derives the ids of a URL: the listing is host and folder. A hash distinguishes URLs that differ only outside the
 * readable part (in the query, or in the folder if a listing is given).
 */
export function idsOfUrl(text: string, listing?: string): PhotoIds {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) return { listingId: listing ?? 'urls', imageId: `${listing ?? 'urls'}/${hashOf(text)}` };
  url.hash = '';
  const path = posix.normalize(`/${decoded(url.pathname)}`);
  const name = posix.basename(path) === '' ? 'index' : posix.basename(path);
  if (listing !== undefined) return { listingId: listing, imageId: bounded(`${listing}/${name}~${hashOf(url.href)}`) };
  const folder = bounded(posix.join(url.host === '' ? 'urls' : url.host, posix.dirname(path)).replace(/\/$/, ''));
  return { listingId: folder, imageId: bounded(`${folder}/${name}${url.search === '' ? '' : `~${hashOf(url.href)}`}`) };
}

function hashOf(text: string): string {
  return deriveId(text).slice(0, 12);
}

function bounded(name: string): string {
  return name.length <= longestName ? name : `${name.slice(0, longestName - 13)}~${hashOf(name)}`;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return path; // a lone % sign: the path is not encoded
    throw error;
  }
}
