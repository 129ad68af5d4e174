import { roleNames, serverNames, type Target } from './targets.js';

/** A kind of fault, as data. `faults/injectors.ts` makes it happen. */
export interface Act {
  /** Sentence part for the plan, such as `s3 answers 503`. */
  readonly text: string;
  readonly targets: readonly Target[];
  /** Shortest and longest duration (ms). */
  readonly lastsMs: readonly [shortest: number, longest: number];
}

/** Servers that speak HTTP: a proxy in front of them can answer in their place. */
const httpServers = ['registry', 's3', 'solr'] as const;
const stores = ['s3', 'solr', 'redis', 'redis-results'] as const;
/** Servers behind a proxy that can refuse, delay and cut connections. Kafka has a proxy that knows its clients. */
const proxied = [...httpServers, 'redis', 'redis-results'] as const;

/** Roles of which a schedule runs at least two processes, so that one may leave. */
const pairedRoles = ['fetch', 'sink-s3', 'sink-lake'] as const;

export const acts = {
  kill: { text: 'is killed (kill -9) and restarted', targets: roleNames, lastsMs: [0, 0] },
  terminate: { text: 'gets SIGTERM and is restarted', targets: roleNames, lastsMs: [0, 0] },
  // Longer than the session of its groups (10 s).
  freeze: { text: 'is frozen (SIGSTOP)', targets: roleNames, lastsMs: [11_000, 13_000] },
  join: { text: 'gets another worker, which then leaves', targets: roleNames, lastsMs: [3_000, 7_000] },
  // The process does not come back in this schedule.
  'leave-by-kill': { text: 'loses a worker (kill -9)', targets: pairedRoles, lastsMs: [0, 0] },
  'leave-by-signal': { text: 'loses a worker (SIGTERM)', targets: pairedRoles, lastsMs: [0, 0] },
  'terminate-at-start': { text: 'gets SIGTERM while it starts', targets: roleNames, lastsMs: [0, 2_500] },
  'cut-link': { text: 'loses its connections to Kafka', targets: roleNames, lastsMs: [2_000, 12_000] },
  'slow-link': { text: 'has a slow link to Kafka', targets: roleNames, lastsMs: [4_000, 8_000] },

  crash: { text: 'is killed (kill -9) and restarted', targets: serverNames, lastsMs: [1_000, 6_000] },
  'freeze-server': { text: 'is frozen (SIGSTOP)', targets: ['registry', ...stores], lastsMs: [4_000, 9_000] },
  'freeze-broker': { text: 'is frozen (SIGSTOP)', targets: ['kafka'], lastsMs: [13_000, 15_000] },
  refuse: { text: 'refuses connections', targets: proxied, lastsMs: [3_000, 8_000] },
  slow: { text: 'answers slowly', targets: proxied, lastsMs: [4_000, 8_000] },
  reset: { text: 'resets connections, half of them after it has acted', targets: proxied, lastsMs: [3_000, 6_000] },
  // The clients have given up by then, and may have sent the same again.
  'land-late': { text: 'sees writes 6 s after they were sent', targets: ['s3', 'solr'], lastsMs: [4_000, 8_000] },
  late: { text: 'acts, and answers too late', targets: proxied, lastsMs: [4_000, 8_000] },
  'answer-500': { text: 'answers 500', targets: httpServers, lastsMs: [3_000, 6_000] },
  'answer-503': { text: 'answers 503', targets: httpServers, lastsMs: [3_000, 6_000] },
} as const satisfies Record<string, Act>;

export type ActName = keyof typeof acts;
export const actNames = Object.keys(acts) as ActName[];

/** Acts that end a process with SIGTERM. */
export const terminating: readonly ActName[] = ['terminate', 'terminate-at-start', 'join', 'leave-by-signal'];
