import sharp from 'sharp';

export interface SharpSettings {
  /** libvips threads per image. One is best where many images are worked on at a time. */
  readonly threads: number;
}

/** Process-wide; called once by each worker process before the first image. */
export function configureSharp({ threads }: SharpSettings): void {
  sharp.concurrency(threads);
  // No image is decoded twice, so the operation cache only holds memory.
  sharp.cache(false);
}
