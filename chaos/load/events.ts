import type { Random } from '../../primitives/seeded-random.js';
import { between } from '../plan/draw.js';
import type { PhotoServer } from '../stack/photo-server.js';
import type { Photo } from './photos.js';
import { pipeline, sentEvent, type SentEvent } from './sent-event.js';

export interface EventSources {
  readonly photos: readonly Photo[];
  readonly web: Pick<PhotoServer, 'photoUrl' | 'flakyUrl' | 'missingUrl'>;
  readonly random: Random;
  /** Start of all ids of the schedule. */
  readonly prefix: string;
}

/** Photos of one listing. They share a key, hence a partition. */
const perListing = 4;

/** A way to send a photo, and its share of all events (percent). */
interface Kind {
  readonly percent: number;
  make(name: string, sources: EventSources): SentEvent;
}

const usual: Kind = { percent: 60, make: (name, sources) => withContent(name, sources) };

const kinds: readonly Kind[] = [
  usual,
  { percent: 25, make: (name, sources) => withUrl(name, sources, 'photoUrl') },
  { percent: 5, make: (name, sources) => withUrl(name, sources, 'flakyUrl') },
  {
    percent: 5,
    make: (name) =>
      sentEvent({ ...fieldsOf(name), content: Buffer.from('this is no photo'), url: null }, { code: 'not-an-image' }),
  },
  {
    percent: 5,
    make: (name, { web }) =>
      sentEvent({ ...fieldsOf(name), content: null, url: web.missingUrl(name) }, { code: 'not-found' }),
  },
];

/** Returns events with the bytes of a photo, with URLs that work, fail for a while or fail for good, and bad files. */
export function drawEvents(count: number, sources: EventSources): readonly SentEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `${sources.prefix}-${Math.floor(index / perListing)}-${index}`;
    let left = sources.random() * 100;
    const kind = kinds.find(({ percent }) => (left -= percent) < 0) ?? usual;
    return kind.make(name, sources);
  });
}

/** Returns the images of a job: by URL, one of them with a URL that leads nowhere. */
export function drawJobImages(count: number, sources: EventSources): readonly SentEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `${sources.prefix}-job-${index}`;
    if (index > 0) return withUrl(name, sources, 'photoUrl');
    return sentEvent({ ...fieldsOf(name), content: null, url: sources.web.missingUrl(name) }, { code: 'not-found' });
  });
}

function withContent(name: string, { photos, random }: EventSources): SentEvent {
  const { bytes, sha256 } = photos[between(random, 0, photos.length - 1)] as Photo;
  return sentEvent({ ...fieldsOf(name), content: bytes, url: null }, { sha256 });
}

function withUrl(name: string, { photos, random, web }: EventSources, kind: 'photoUrl' | 'flakyUrl'): SentEvent {
  const variant = between(random, 0, photos.length - 1);
  const { sha256 } = photos[variant] as Photo;
  return sentEvent({ ...fieldsOf(name), content: null, url: web[kind](variant, name) }, { sha256 });
}

/** The name is that of the image. Without its last part, it is the name of the listing. */
function fieldsOf(name: string) {
  return { listingId: name.slice(0, name.lastIndexOf('-')), imageId: name, pipeline, attributes: {} };
}
