/**
 * A lane is a class of traffic with its own topics and guarantees: `realtime` (a user waits), `bulk` (new listings),
 * `backfill` (re-tagging the archive).
 */
export const laneNames = ['realtime', 'bulk', 'backfill'] as const;

export type LaneName = (typeof laneNames)[number];

/** Failure topics are separate per lane. Failed callback deliveries have their own, because they must delay no lane. */
export const failureLanes = [...laneNames, 'callbacks'] as const;

export type FailureLane = (typeof failureLanes)[number];

export function isFailureLane(name: string): name is FailureLane {
  return (failureLanes as readonly string[]).includes(name);
}

export function isLaneName(name: string): name is LaneName {
  return (laneNames as readonly string[]).includes(name);
}
