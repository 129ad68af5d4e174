import { expect, it } from 'vitest';
import { incomplete, watchedGroups } from '../../chaos/oracle/groups.js';
import { roleNames } from '../../chaos/plan/targets.js';

const group = { name: 'fanlight.sink-lake', role: 'sink-lake', topics: [] } as const;
const two = { running: () => [{}, {}] as never };
const state = (members: number, stable = true) => [{ name: group.name, lag: 0, members, stable }];

it('watches a group of every role besides the gateway', () => {
  const watched = new Set(watchedGroups().map(({ role }) => role));
  expect(roleNames.filter((role) => !watched.has(role))).toEqual(['gateway']);
});

it('names groups that lack a member, have one too many, or rebalance', () => {
  expect(incomplete(state(2), [group], two)).toEqual([]);
  expect(incomplete(state(1), [group], two)).toEqual(['fanlight.sink-lake: 1 of 2 members, stable']);
  expect(incomplete(state(3), [group], two)).toEqual(['fanlight.sink-lake: 3 of 2 members, stable']);
  expect(incomplete(state(2, false), [group], two)).toEqual(['fanlight.sink-lake: 2 of 2 members, not stable']);
});
