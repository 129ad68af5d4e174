import type { Need } from '../processors/operation.js';

/** A cut of every pipeline: operations with the same need that run in the same consumer group. */
export interface Stage {
  readonly name: string;
  readonly needs: Need;
}

/** In the order in which an image passes them. */
export const stages: readonly Stage[] = [
  { name: 'fetch', needs: 'io' },
  { name: 'preprocess', needs: 'cpu' },
  { name: 'infer', needs: 'gpu' },
  { name: 'compose', needs: 'cpu' },
];
