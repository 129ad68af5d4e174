import type { Random } from '../../../primitives/seeded-random.js';
import type { ListingImage } from '../../../schemas/events.js';
import { sha256Hex } from '../../../schemas/ids.js';

/**
 * What happens to a photo:
 * - `tagged`: it is fetched at the first try.
 * - `flaky`: its host fails for some tries; a retry in place helps.
 * - `late`: its host times out for some tries; a retry topic helps.
 * - `unreachable`: its host times out at every try, so it becomes a dead letter.
 * - `broken`: it is no image, so it becomes a dead letter at once.
 */
export type Course = 'tagged' | 'flaky' | 'late' | 'unreachable' | 'broken';

export interface Photo {
  readonly event: ListingImage;
  readonly course: Course;
  /** Tries that fail. */
  readonly failures: number;
  /** SHA-256 of the file, in hex. */
  readonly content: string;
  /** Time of the producer when it sends the event, from the start (ms). */
  readonly sentAfterMs: number;
  /** Difference of the producer's clock (ms). */
  readonly skewMs: number;
}

const listings = 12;

export const isTagged = ({ course }: Photo) => course !== 'unreachable' && course !== 'broken';

/** Draws the photos of a world. Some photos come again with another file, and some events are sent twice. */
export function drawPhotos(random: Random, count: number, withinMs: number): Photo[] {
  const photos: Photo[] = [];
  for (let index = 0; index < count; index += 1) {
    const sentAfterMs = Math.round(random() * withinMs);
    const skewMs = random() < 0.1 ? Math.round((random() - 0.5) * 20_000) : 0;
    const again = random();
    const known = photos[Math.floor(random() * photos.length)];
    if (known !== undefined && again < 0.05) photos.push({ ...known, sentAfterMs, skewMs });
    else photos.push(drawPhoto(random, { index, known: again < 0.2 ? known : undefined, sentAfterMs, skewMs }));
  }
  return photos.sort((a, b) => a.sentAfterMs - b.sentAfterMs);
}

interface Drawing {
  readonly index: number;
  /** The photo whose image id this one has. */
  readonly known: Photo | undefined;
  readonly sentAfterMs: number;
  readonly skewMs: number;
}

function drawPhoto(random: Random, { index, known, sentAfterMs, skewMs }: Drawing): Photo {
  const url = `https://photos.test/${index}.jpg`;
  const course = drawCourse(random());
  return {
    event: {
      listingId: known?.event.listingId ?? `listing-${Math.floor(random() * listings)}`,
      imageId: known?.event.imageId ?? `image-${index}`,
      url,
      content: null,
      pipeline: null,
      attributes: {},
    },
    course,
    failures: course === 'flaky' ? 1 + Math.floor(random() * 2) : course === 'late' ? 1 + Math.floor(random() * 2) : 0,
    content: sha256Hex(Buffer.from(url)),
    sentAfterMs,
    skewMs,
  };
}

function drawCourse(chance: number): Course {
  if (chance < 0.8) return 'tagged';
  if (chance < 0.87) return 'flaky';
  if (chance < 0.93) return 'late';
  return chance < 0.96 ? 'unreachable' : 'broken';
}
