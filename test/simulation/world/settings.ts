import type { Random } from '../../../primitives/seeded-random.js';
import { sinkKinds, type SinkKind } from '../stores/sinks.js';
import type { SimLane } from './topology.js';

/** What a worker process runs. */
export type Role = 'share' | 'stage' | 'retry' | 'sink';

/** The parts of a world that a seed draws, besides its photos and its faults. */
export interface Settings {
  readonly lane: SimLane;
  /** Upper bound of the time of one operation (ms). */
  readonly longestMs: number;
  readonly photos: number;
  /** Time within which producers send the photos (ms). */
  readonly sendingMs: number;
  readonly recordsPerFetch: number;
  readonly sink: SinkKind;
  readonly machines: readonly { readonly name: string; readonly roles: readonly Role[] }[];
}

export function drawSettings(random: Random): Settings {
  const upTo = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  const stages = upTo(1, 2);
  const sinks = random() < 0.3 ? 3 : 2;
  const named = (role: string, count: number, roles: readonly Role[]) =>
    Array.from({ length: count }, (_, index) => ({ name: `${role}-${index + 1}`, roles }));
  return {
    lane: { partitions: upTo(2, 3), window: upTo(4, 24), isStaged: random() < 0.3, shares: random() < 0.2 ? 2 : 0 },
    longestMs: random() < 0.3 ? upTo(400, 2_000) : upTo(5, 400),
    photos: upTo(15, 45),
    sendingMs: upTo(2_000, 15_000),
    recordsPerFetch: upTo(2, 30),
    sink: sinkKinds[Math.floor(random() * sinkKinds.length)] as SinkKind,
    machines: [
      // The first machine also has the retry topics, and the share group of a lane with shares.
      ...named('stage', stages, ['stage']).map((machine, index) =>
        index === 0 ? { ...machine, roles: ['share', 'stage', 'retry'] as const } : machine,
      ),
      ...named('sink', sinks, ['sink']),
    ],
  };
}
