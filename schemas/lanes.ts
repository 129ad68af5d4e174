/**
 * A lane is a class of traffic with its own topics and guarantees: `realtime` (a person waits), `bulk` (new listings),
 * `backfill` (re-tagging the archive).
 */
export const laneNames = ['realtime', 'bulk', 'backfill'] as const;

export type LaneName = (typeof laneNames)[number];

/** Where failures are kept apart: by lane, and those of deliveries to callbacks, which no lane delays. */
export const failureLanes = [...laneNames, 'callbacks'] as const;

export type FailureLane = (typeof failureLanes)[number];

export function isFailureLane(name: string): name is FailureLane {
  return (failureLanes as readonly string[]).includes(name);
}

export function isLaneName(name: string): name is LaneName {
  return (laneNames as readonly string[]).includes(name);
}
