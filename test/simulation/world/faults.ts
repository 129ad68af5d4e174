import type { Random } from '../../../primitives/seeded-random.js';
import type { ServerName, Trouble } from '../engine/network.js';
import type { Settings } from './settings.js';

/** A fault of a world. `atMs` and `forMs` count from the start and from the begin of the fault (ms). */
export type Fault = { readonly atMs: number; readonly forMs: number } & (
  | { readonly kind: 'kill' | 'terminate' | 'freeze-worker'; readonly machine: string }
  | { readonly kind: 'freeze-broker' | 'kill-broker' | 'freeze-store' | 'kill-store' }
  /** The coordinator of the groups refuses requests. */
  | { readonly kind: 'refusing-coordinator'; readonly probability: number }
  /** Writes fail with an error that kafkajs does not retry; half of them are applied. */
  | { readonly kind: 'failing-writes'; readonly probability: number }
  /** The store acknowledges writes and forgets them. No client can repair that, so no seed draws it. */
  | { readonly kind: 'forgetful-store' }
  | ({ readonly kind: 'trouble' } & { readonly trouble: Trouble })
);

const kinds = [
  ...['kill', 'kill', 'terminate', 'freeze-worker', 'freeze-worker', 'freeze-broker', 'kill-broker'],
  ...[
    'freeze-store',
    'kill-store',
    'refusing-coordinator',
    'failing-writes',
    'cut',
    'lossy',
    'lossy',
    'slow',
    'slow',
    'slow',
  ],
] as const;

/** Faults begin within this time (ms). */
const faultyMs = 18_000;

export function drawFaults(random: Random, settings: Settings): Fault[] {
  const count = 1 + Math.floor(random() * 3);
  const faults = Array.from({ length: count }, () => drawFault(random, settings));
  // A coordinator that loads its groups after a freeze. Members that have lost their session meet it as they rejoin.
  const frozen = faults.find((fault) => fault.kind.startsWith('freeze') && fault.forMs > 10_000);
  if (frozen && random() < 0.5) {
    const atMs = endsAtMs(frozen) - Math.round(random() * 500);
    faults.push({
      kind: 'refusing-coordinator',
      atMs,
      forMs: Math.round(500 + random() * 5_000),
      probability: 0.5 + random() / 2,
    });
  }
  // A worker that leaves while its writes are on their way: they land when its partitions have another owner.
  const slow = faults.find((fault) => fault.kind === 'trouble' && fault.trouble.server === 'store');
  if (slow && random() < 0.6) {
    const leaving = settings.machines.filter(({ roles }) => roles.includes('sink'));
    const drawn = leaving[Math.floor(random() * leaving.length)] as Settings['machines'][number];
    const slowed = slow.kind === 'trouble' ? slow.trouble.machine : undefined;
    const machine = leaving.some(({ name }) => name === slowed) ? (slowed as string) : drawn.name;
    const atMs = slow.atMs + Math.round(random() * slow.forMs);
    faults.push({ kind: random() < 0.8 ? 'terminate' : 'kill', atMs, forMs: 0, machine });
  }
  return faults.sort((a, b) => a.atMs - b.atMs);
}

function drawFault(random: Random, { machines }: Settings): Fault {
  const between = (least: number, most: number) => Math.round(least + random() * (most - least));
  const one = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)] as T;
  const kind = one(kinds);
  const atMs = between(500, faultyMs);
  const machine = one(machines).name;
  switch (kind) {
    case 'kill':
    case 'terminate':
      return { kind, atMs, forMs: 0, machine };
    case 'freeze-worker':
      return { kind, atMs, forMs: between(2_000, 18_000), machine };
    case 'freeze-broker':
      return { kind, atMs, forMs: random() < 0.6 ? between(11_000, 15_000) : between(500, 6_000) };
    case 'kill-broker':
      return { kind, atMs, forMs: between(500, 8_000) };
    case 'freeze-store':
    case 'kill-store':
      return { kind, atMs, forMs: between(1_000, 15_000) };
    case 'refusing-coordinator':
    case 'failing-writes':
      return { kind, atMs, forMs: between(1_000, 12_000), probability: random() };
    case 'cut':
    case 'lossy':
    case 'slow': {
      const server: ServerName = random() < (kind === 'slow' ? 0.3 : 0.6) ? 'kafka' : 'store';
      const forMs = between(1_000, kind === 'cut' ? 14_000 : 20_000);
      const probability = 0.05 + random() * 0.4;
      const everywhere = random() < 0.5;
      const slowMs = between(100, server === 'kafka' ? 4_000 : 12_000);
      const trouble: Trouble = { machine: everywhere ? undefined : machine, server, kind, probability, slowMs };
      return { kind: 'trouble', atMs, forMs, trouble };
    }
  }
}

export const endsAtMs = ({ atMs, forMs }: Fault) => atMs + forMs;

/** Names a fault in a trace. */
export function describeFault(fault: Fault): string {
  const { kind, atMs, forMs } = fault;
  const where =
    'machine' in fault
      ? ` ${fault.machine}`
      : kind === 'trouble'
        ? ` ${fault.trouble.kind} between ${fault.trouble.machine ?? 'all machines'} and ${fault.trouble.server}`
        : '';
  return `${kind}${where} at ${atMs} ms for ${forMs} ms`;
}
