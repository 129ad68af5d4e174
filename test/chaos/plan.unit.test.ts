import { describe, expect, it } from 'vitest';
import { actNames, acts, terminating } from '../../chaos/plan/acts.js';
import { families, familyNamed, planSchedule } from '../../chaos/plan/families.js';
import type { Schedule } from '../../chaos/plan/schedule.js';
import { roleNames, serverNames } from '../../chaos/plan/targets.js';

const planned = (name: string, count: number, seed = 1): Schedule[] =>
  Array.from({ length: count }, (_, at) => planSchedule(familyNamed(name)!, at + 1, { seed }));

describe.each(families.map(({ name }) => name))('the family %s', (name) => {
  it('gives the same schedules for the same seed', () => {
    expect(planned(name, 10, 7)).toEqual(planned(name, 10, 7));
    expect(planned(name, 10, 7)).not.toEqual(planned(name, 10, 8));
  });

  it('plans only faults that their targets can have, within the durations of the act', () => {
    for (const { act, target, lastsMs } of planned(name, 50).flatMap(({ faults }) => faults)) {
      expect(acts[act].targets).toContain(target);
      // An outage that a scenario prescribes may be longer than one that is drawn.
      expect(lastsMs).toBeGreaterThanOrEqual(acts[act].lastsMs[0]);
    }
  });
});

describe('mixed schedules', () => {
  it('hit different targets at once, mostly three', () => {
    const schedules = planned('mixed', 100).map(({ faults }) => faults.map(({ target }) => target));
    for (const targets of schedules) expect(new Set(targets).size).toBe(targets.length);
    expect(schedules.filter(({ length }) => length === 3).length).toBeGreaterThan(90);
  });

  it('meet every role and every server with every fault that it can have, within 100 schedules', () => {
    const met = new Set(
      planned('mixed', 100).flatMap(({ faults }) => faults.map(({ act, target }) => `${act} ${target}`)),
    );
    const all = actNames.flatMap((act) => acts[act].targets.map((target) => `${act} ${target}`));
    expect(all.filter((pair) => !met.has(pair))).toEqual([]);
    const hit = new Set<string>(actNames.flatMap((act) => [...acts[act].targets]));
    expect([...roleNames, ...serverNames].filter((target) => !hit.has(target))).toEqual([]);
  });
});

it('ten schedules of the family sigterm end processes at 50 moments of ten troubles', () => {
  const schedules = planned('sigterm', 10);
  const ends = schedules.flatMap(({ faults }) => faults.slice(1)).filter(({ act }) => terminating.includes(act));
  expect(ends).toHaveLength(50);
  expect(new Set(schedules.map(({ faults }) => `${faults[0]?.act} ${faults[0]?.target}`)).size).toBe(10);
});

it('a broker that flaps is frozen for longer than the session of its groups, and not twice at once', () => {
  for (const { faults } of planned('broker-flaps', 20)) {
    expect(faults.length).toBeGreaterThan(1);
    faults.forEach(({ atMs, lastsMs }, index) => {
      expect(lastsMs).toBeGreaterThanOrEqual(13_000);
      expect(faults[index + 1]?.atMs ?? Infinity).toBeGreaterThan(atMs + lastsMs);
    });
  }
});

it('in the outage of the lake, a worker leaves by either signal while S3 is away', () => {
  const schedules = planned('lake-outage', 20);
  for (const { faults } of schedules) {
    const [outage, leaving] = faults;
    expect(leaving?.atMs).toBe(outage!.atMs + 10_000);
    expect(outage?.lastsMs).toBe(37_000);
  }
  expect(new Set(schedules.map(({ faults }) => faults[1]?.act))).toEqual(new Set(['leave-by-kill', 'leave-by-signal']));
});
