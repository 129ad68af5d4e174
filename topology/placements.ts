import type { LaneName } from '../schemas/lanes.js';

/** A way to cut the lanes into consumer groups. */
export interface Placement {
  /** Purpose of the placement, in one sentence. */
  readonly purpose: string;
  /** By lane: neighbouring stages that run as one group, without a topic between them. */
  readonly fused: Readonly<Record<LaneName, readonly (readonly string[])[]>>;
}

const everything = [['fetch', 'preprocess', 'infer', 'crop', 'inspect', 'compose']];

/**
 * The choices of `FANLIGHT_PLACEMENT`. Operations, pipelines and models are the same in all of them.
 * docs/adr/pipeline/0011-two-placements.md explains why there are two.
 */
export const placements = {
  staged: {
    purpose: 'Each kind of work scales by itself, and images cross to machines with a GPU as pixels.',
    fused: {
      realtime: [
        ['fetch', 'preprocess'],
        ['infer', 'crop', 'inspect', 'compose'],
      ],
      bulk: [['fetch', 'preprocess']],
      backfill: [],
    },
  },
  compact: {
    purpose: 'One machine without a GPU: pixels never leave the process that decoded them.',
    fused: { realtime: everything, bulk: everything, backfill: everything },
  },
} as const satisfies Record<string, Placement>;

export type PlacementName = keyof typeof placements;

export const placementNames = Object.keys(placements) as [PlacementName, ...PlacementName[]];
