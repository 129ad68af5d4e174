import type { Need } from '../processors/operation.js';

/** A cut of every pipeline: operations with the same need that run in the same consumer group. */
export interface Stage {
  readonly name: string;
  readonly needs: Need;
  /** Takes only work that a model of this later stage waits for; all else goes to a later stage with the same need. */
  readonly leadsTo?: string;
}

/**
 * In the order in which an image passes them. A stage that no pipeline has work for has no consumer group and no topic.
 * `crop` and `inspect` are for models that look at what others found.
 */
export const stages: readonly Stage[] = [
  { name: 'fetch', needs: 'io' },
  { name: 'preprocess', needs: 'cpu' },
  { name: 'infer', needs: 'gpu' },
  { name: 'crop', needs: 'cpu', leadsTo: 'inspect' },
  { name: 'inspect', needs: 'gpu' },
  { name: 'compose', needs: 'cpu' },
];
