import sharp from 'sharp';
import { sha256Hex } from '../../schemas/ids.js';

/** A photo that the run has made. */
export interface Photo {
  readonly bytes: Buffer;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Few different files: each is computed once, and then comes from the output cache. */
const colours = ['#8899aa', '#557755', '#aa7744', '#333355'];

export function makePhotos(): Promise<readonly Photo[]> {
  return Promise.all(
    colours.map(async (background) => {
      const bytes = await sharp({ create: { width: 300, height: 300, channels: 3, background } })
        .jpeg()
        .toBuffer();
      return { bytes, sha256: sha256Hex(bytes) };
    }),
  );
}
