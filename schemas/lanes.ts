/**
 * A lane is a class of traffic with its own topics and guarantees: `realtime` (a person waits), `bulk` (new listings),
 * `backfill` (re-tagging the archive).
 */
export const laneNames = ['realtime', 'bulk', 'backfill'] as const;

export type LaneName = (typeof laneNames)[number];

export function isLaneName(name: string): name is LaneName {
  return (laneNames as readonly string[]).includes(name);
}
