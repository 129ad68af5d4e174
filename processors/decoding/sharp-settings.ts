import sharp from 'sharp';

export interface SharpSettings {
  /** libvips threads per image. One is best for a process that handles many images at a time. */
  readonly threads: number;
}

/** Configures sharp for the whole process. Each worker process calls it once, before the first image. */
export function configureSharp({ threads }: SharpSettings): void {
  sharp.concurrency(threads);
  // No image is decoded twice, so the operation cache would only take memory.
  sharp.cache(false);
}
