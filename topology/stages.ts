import type { Need } from '../processors/operation.js';

/** A cut of every pipeline: operations with the same need that run in the same consumer group. */
export interface Stage {
  readonly name: string;
  readonly needs: Need;
  /** The stage takes only work that leads to this later stage. Other work goes to a later stage with the same need. */
  readonly leadsTo?: string;
}

/**
 * Stages in the order in which an image passes them. A stage without work from any pipeline has no consumer group and
 * no topic. `crop` and `inspect` are for models that analyse regions which other models found.
 */
export const stages: readonly Stage[] = [
  { name: 'fetch', needs: 'io' },
  { name: 'preprocess', needs: 'cpu' },
  { name: 'infer', needs: 'gpu' },
  { name: 'crop', needs: 'cpu', leadsTo: 'inspect' },
  { name: 'inspect', needs: 'gpu' },
  { name: 'compose', needs: 'cpu' },
];
