import type { Clock } from '../primitives/clock.js';
import { until } from '../primitives/retry-loop.js';
import { withAdmin } from '../runtime/kafka/topics/admin.js';
import { fetchLag, totalLag, type PartitionLag } from '../runtime/kafka/lag/lag.js';
import { readRanges, wholeTopics } from '../runtime/kafka/read/ranges.js';
import type { WorkerServices } from '../runtime/services.js';
import { sinkGroup } from '../topology/groups.js';
import type { LaneName } from '../schemas/lanes.js';
import { sinkCatalogue } from '../sinks/catalogue.js';
import type { Lane } from '../topology/lanes.js';
import type { Topology } from '../topology/topology.js';
import { enteredEvents } from './entered-events.js';
import { auditLane, type AuditLog, type LaneAudit } from './lane.js';

/** The deployment to audit. */
export interface Audited {
  readonly services: Pick<WorkerServices, 'kafka' | 'clock' | 'seal'>;
  readonly topology: Topology;
}

export interface SinkAudit {
  readonly sink: string;
  readonly group: string;
  /** Results that the sink has not committed. */
  readonly lag: number;
  /** Results that its store refused and that were not replayed. */
  readonly deadLetters: number;
}

export interface Audit {
  readonly balanced: boolean;
  readonly lanes: readonly LaneAudit[];
  readonly sinks: readonly SinkAudit[];
}

/** Accounts for every input of the lanes, and counts the lag and the dead letters of each sink. */
export function audit({ services, topology }: Audited, names: readonly LaneName[]): Promise<Audit> {
  const { kafka, clock, seal } = services;
  return withAdmin(kafka, async (admin) => {
    const logOf = ({ retentionMs }: Pick<Lane, 'retentionMs'>): AuditLog => ({
      held: (topic) => wholeTopics(kafka, [topic]),
      async uncommitted(group, topic) {
        const lag = await settledLag(admin, group, [topic], clock);
        return lag.map(({ partition, committed, end }) => ({ topic, partition, from: committed, to: end }));
      },
      read(ranges, onMessage) {
        const asEntered = enteredEvents({ retentionMs, seal, clock });
        return readRanges(kafka, ranges, (message) => onMessage(asEntered(message)));
      },
    });
    const lanes: LaneAudit[] = [];
    const refused: ReadonlyMap<string, number>[] = [];
    // One lane after another, because each audit holds the ids of all inputs of its lane in memory.
    for (const lane of topology.lanes.filter(({ name }) => names.includes(name))) {
      const plans = topology.plans.filter((plan) => plan.lane === lane);
      const { audit: result, refusedBySink } = await auditLane(logOf(lane), lane, plans, () => clock.now());
      lanes.push(result);
      refused.push(refusedBySink);
    }
    const sinks = await Promise.all(
      sinkCatalogue.map(async ({ name, reads }) => ({
        sink: name,
        group: sinkGroup(name),
        lag: totalLag(
          await settledLag(
            admin,
            sinkGroup(name),
            names.map((lane) => reads.topic(lane)),
            clock,
          ),
        ),
        deadLetters: refused.reduce((sum, bySink) => sum + (bySink.get(`sink-${name}`) ?? 0), 0),
      })),
    );
    return { balanced: lanes.every(({ balanced }) => balanced), lanes, sinks };
  });
}

type Admin = Parameters<typeof fetchLag>[0];

/** Retries, because a group's coordinator moves when brokers start or stop, and the client keeps the old address. */
async function settledLag(
  admin: Admin,
  group: string,
  names: readonly string[],
  clock: Clock,
): Promise<PartitionLag[]> {
  return until(() => fetchLag(admin, group, names), {
    clock,
    random: () => 1,
    backoff: { baseMs: 250, maxMs: 250, jitter: 0 },
    giveUp: (error, tries) => tries >= 20 || (error as { retriable?: boolean }).retriable !== true,
  });
}
