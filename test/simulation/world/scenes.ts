import type { Random } from '../../../primitives/seeded-random.js';
import type { ServerName } from '../engine/network.js';
import { endsAtMs, troubleWith, type Fault } from './faults.js';
import type { Settings } from './settings.js';

interface Stage {
  readonly settings: Settings;
  /** Time at which the scene begins (ms). */
  readonly atMs: number;
  between(least: number, most: number): number;
  /** Draws true with this probability. */
  chance(probability: number): boolean;
  one<T>(of: readonly T[]): T;
  /** Draws the name of a machine, by default of any. */
  machine(role?: string): string;
}

type Scene = (stage: Stage) => readonly Fault[];

/** Scenes begin within this time (ms). */
const faultyMs = 18_000;

/** Faults that come together. A scene that is listed twice is drawn twice as often. */
const scenes: readonly Scene[] = [
  ({ atMs, machine }) => [{ kind: 'kill', atMs, forMs: 0, machine: machine() }],
  ({ atMs, machine }) => [{ kind: 'kill', atMs, forMs: 0, machine: machine() }],
  ({ atMs, machine }) => [{ kind: 'terminate', atMs, forMs: 0, machine: machine() }],
  frozenWorker,
  frozenWorker,
  frozenBroker,
  ({ atMs, between }) => [{ kind: 'kill-broker', atMs, forMs: between(500, 8_000) }],
  ({ atMs, between }) => [{ kind: 'freeze-store', atMs, forMs: between(1_000, 15_000) }],
  ({ atMs, between }) => [{ kind: 'kill-store', atMs, forMs: between(1_000, 15_000) }],
  ({ atMs, between }) => [
    { kind: 'refusing-coordinator', atMs, forMs: between(1_000, 12_000), probability: between(1, 100) / 100 },
  ],
  ({ atMs, between }) => [
    { kind: 'failing-writes', atMs, forMs: between(1_000, 12_000), probability: between(1, 100) / 100 },
  ],
  cutNetwork,
  lossyNetwork,
  lossyNetwork,
  slowNetwork,
  lateWrites,
  lateWrites,
  lateWrites,
];

export function drawFaults(random: Random, settings: Settings): Fault[] {
  const between = (least: number, most: number) => Math.round(least + random() * (most - least));
  const one = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)] as T;
  const chance = (probability: number) => random() < probability;
  const machine = (role?: string) =>
    one(settings.machines.filter(({ roles }) => role === undefined || roles.some((name) => name === role))).name;
  const drawn = Array.from({ length: between(1, 3) }, () => {
    const atMs = between(500, faultyMs);
    return one(scenes)({ settings, atMs, between, chance, one, machine });
  });
  // Only a few late files of the lake meet a longer one of the next owner.
  if (settings.sink === 'lake' && chance(0.6))
    drawn.push(lateWrites({ settings, atMs: 0, between, chance, one, machine }));
  return drawn.flat().sort((a, b) => a.atMs - b.atMs);
}

function frozenWorker(stage: Stage): Fault[] {
  const { atMs, between, machine } = stage;
  const frozen: Fault = { kind: 'freeze-worker', atMs, forMs: between(2_000, 18_000), machine: machine() };
  return [frozen, ...loadingAfter(frozen, stage)];
}

function frozenBroker(stage: Stage): Fault[] {
  const { atMs, between, chance } = stage;
  const forMs = chance(0.6) ? between(11_000, 15_000) : between(500, 6_000);
  const frozen: Fault = { kind: 'freeze-broker', atMs, forMs };
  return [frozen, ...loadingAfter(frozen, stage)];
}

/** A coordinator that loads its groups after a freeze. Members that have lost their session meet it as they rejoin. */
function loadingAfter(frozen: Fault, { between, chance }: Stage): Fault[] {
  if (frozen.forMs < 10_000 || chance(0.5)) return [];
  const atMs = endsAtMs(frozen) - between(0, 500);
  return [{ kind: 'refusing-coordinator', atMs, forMs: between(500, 5_500), probability: between(50, 100) / 100 }];
}

const anywhere = ({ chance, machine }: Stage) => (chance(0.5) ? undefined : machine());
const anyServer = ({ chance }: Stage): ServerName => (chance(0.6) ? 'kafka' : 'store');

function cutNetwork(stage: Stage): Fault[] {
  const trouble = troubleWith(anyServer(stage), { kind: 'cut', machine: anywhere(stage) });
  return [{ kind: 'trouble', atMs: stage.atMs, forMs: stage.between(1_000, 14_000), trouble }];
}

function lossyNetwork(stage: Stage): Fault[] {
  const probability = stage.between(5, 45) / 100;
  const trouble = troubleWith(anyServer(stage), { kind: 'lossy', machine: anywhere(stage), probability });
  return [{ kind: 'trouble', atMs: stage.atMs, forMs: stage.between(1_000, 20_000), trouble }];
}

function slowNetwork(stage: Stage): Fault[] {
  const slowMs = stage.between(100, 4_000);
  const trouble = troubleWith(anyServer(stage), { kind: 'slow', machine: anywhere(stage), slowMs });
  return [{ kind: 'trouble', atMs: stage.atMs, forMs: stage.between(1_000, 20_000), trouble }];
}

/** A worker ends while its writes are on their way. They land when its partitions have another owner. */
function lateWrites({ between, chance, machine: draw }: Stage): Fault[] {
  const machine = draw('sink');
  const atMs = between(500, 8_000);
  const slowMs = between(6_000, 22_000);
  const trouble = troubleWith('store', { kind: 'slow', machine, slowMs });
  const end = {
    kind: chance(0.7) ? 'terminate' : 'kill',
    atMs: atMs + between(500, 4_000),
    forMs: 0,
    machine,
  } as const;
  return [{ kind: 'trouble', atMs, forMs: between(4_000, 10_000), trouble }, end];
}
