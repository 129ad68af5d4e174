import { describe, expect, it } from 'vitest';
import { planSkip, refuseEarlier } from '../../../cli/dlq/skip-plan.js';

const record = { topic: 'infer.bulk', partition: 3, offset: 50n };
const range = { low: 10n, high: 100n };
const idle = { members: 0 };

describe('the plan to skip a record', () => {
  it('moves the groups that have not passed the record', () => {
    const positions = [
      { group: 'at', committed: 50n, ...idle },
      { group: 'before', committed: 48n, ...idle },
      { group: 'never', committed: undefined, ...idle },
      { group: 'deleted', committed: 3n, ...idle },
      { group: 'passed', committed: 51n, members: 2 },
    ];
    expect(planSkip(record, range, positions)).toEqual([
      { group: 'at', from: 50n },
      { group: 'before', from: 48n },
      { group: 'never', from: 10n },
      { group: 'deleted', from: 10n },
    ]);
  });

  it('names the groups that run', () => {
    const positions = [
      { group: 'a', committed: 50n, members: 2 },
      { group: 'b', committed: 50n, members: 0 },
    ];
    expect(() => planSkip(record, range, positions)).toThrow('running members: a (2).');
  });

  it.each([9n, 100n])('refuses offset %s, which the partition does not have', (offset) => {
    expect(() => planSkip({ ...record, offset }, range, [])).toThrow(/it has 10 up to 99/);
  });

  it('refuses to skip more than 10,000 offsets', () => {
    const positions = [{ group: 'far', committed: 10n, ...idle }];
    expect(() => planSkip({ ...record, offset: 10_010n }, { low: 0n, high: 20_000n }, positions)).toThrow(/far is at/);
  });

  it('refuses records before the one that is named, and ignores offsets without a record', () => {
    const groups = [{ group: 'g', from: 47n }];
    expect(() => refuseEarlier(groups, 50n, [46n, 50n])).not.toThrow();
    expect(() => refuseEarlier(groups, 50n, [48n, 49n, 50n])).toThrow(
      /before offset 50 that it has not committed: 2, the first at 48/,
    );
  });
});
