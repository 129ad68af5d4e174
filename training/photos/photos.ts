import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { FanlightError } from '../../schemas/failure.js';

// Labelled photos on disk, in two common layouts.

export interface LabelledPhoto {
  readonly file: string;
  readonly label: string;
  /** Value of the `split` column of a listings.csv beside the photos; undefined without one. */
  readonly split: string | undefined;
}

/** Words in file names that stand for one of the labels. */
const synonyms: Readonly<Record<string, string>> = { frontal: 'exterior' };

const photoTypes = new Set(['.jpg', '.jpeg', '.png', '.webp']);

/**
 * Finds photos as `<label>/<file>.jpg` or `<id>_<label>.jpg` (also in a folder `photos` beside `listings.csv`), sorted
 * by path, so that every run has the same order.
 * @throws FanlightError `invalid-configuration`, with the name of the folder, if it has no labelled photos
 */
export function findPhotos(root: string): LabelledPhoto[] {
  if (!existsSync(root)) throw noPhotos(`The folder ${root} does not exist.`);
  const flat = existsSync(join(root, 'photos')) ? join(root, 'photos') : root;
  const splits = readSplits(
    [join(root, 'listings.csv'), join(dirname(root), 'listings.csv')].find((csv) => existsSync(csv)),
  );
  const photos: LabelledPhoto[] = [];
  for (const name of readdirSync(flat).sort()) {
    const path = join(flat, name);
    if (statSync(path).isDirectory()) {
      for (const file of readdirSync(path).sort()) {
        if (isPhoto(file)) photos.push({ file: join(path, file), label: canonical(name), split: undefined });
      }
    } else if (isPhoto(name)) {
      const match = /^([^_]+)_(.+)$/.exec(basename(name, extname(name)));
      if (match?.[1] !== undefined && match[2] !== undefined) {
        photos.push({ file: path, label: canonical(match[2]), split: splits.get(match[1]) });
      }
    }
  }
  if (photos.length > 0) return photos;
  throw noPhotos(`There are no labelled photos in ${root}.`);
}

function noPhotos(message: string): FanlightError {
  return new FanlightError({
    code: 'invalid-configuration',
    message,
    remedy: 'Give a folder with photos as <label>/<file>.jpg or <id>_<label>.jpg.',
  });
}

function isPhoto(name: string): boolean {
  return photoTypes.has(extname(name).toLowerCase());
}

function canonical(label: string): string {
  return synonyms[label] ?? label;
}

/** Returns listing id → split, from the columns `listing_id` and `split`. */
function readSplits(csv: string | undefined): ReadonlyMap<string, string> {
  const splits = new Map<string, string>();
  if (csv === undefined) return splits;
  const [head = '', ...rows] = readFileSync(csv, 'utf8').trim().split(/\r?\n/);
  const headings = head.split(',');
  const [id, split] = [headings.indexOf('listing_id'), headings.indexOf('split')];
  if (id < 0 || split < 0) return splits;
  for (const row of rows) {
    const cells = row.split(',');
    const [key, value] = [cells[id], cells[split]];
    if (key !== undefined && value !== undefined) splits.set(key, value);
  }
  return splits;
}
