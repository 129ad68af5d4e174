import { describe, expect, it } from 'vitest';
import { isFinished, metadataOf, positionOf, readPosition } from '../../../../runtime/kafka/transactions/position.js';
import { Progress, type Place } from '../../../../runtime/kafka/transactions/progress.js';
import { randomFrom } from '../../../../primitives/seeded-random.js';

const place = (offset: bigint, next = offset + 1n): Place => ({ offset, next });
const run = (first: bigint, last: bigint) => ({ first, last });

/** Progress that has accepted the places. */
function accepted(...places: readonly Place[]): Progress {
  const progress = new Progress();
  for (const one of places) progress.accept(one);
  return progress;
}

function finish(progress: Progress, ...places: readonly Place[]) {
  const set = new Set(places);
  const position = progress.positionWith(set);
  progress.finish(set, position);
  return position;
}

describe('the progress of a partition', () => {
  it('passes no unfinished record, and names the finished ones behind it', () => {
    const [five, six, seven, nine] = [5n, 6n, 7n, 9n].map((offset) => place(offset)) as [Place, Place, Place, Place];
    const progress = accepted(five, six, seven, nine);
    expect(finish(progress, six, nine)).toEqual({ offset: 5n, runs: [run(6n, 6n), run(9n, 9n)] });
    expect(finish(progress, seven)).toEqual({ offset: 5n, runs: [run(6n, 9n)] }); // there is no record 8
    expect(finish(progress, five)).toEqual({ offset: 10n, runs: [] });
  });

  it('passes offsets without records behind a finished one', () => {
    const [one, two] = [place(1n, 4n), place(4n)];
    expect(finish(accepted(one, two), one)).toEqual({ offset: 4n, runs: [] });
  });

  it('passes offsets without records before the first one', () => {
    const first = place(7n);
    const progress = accepted(first);
    progress.begin({ offset: 5n, runs: [] });
    expect(finish(progress, first)).toEqual({ offset: 8n, runs: [] });
  });

  it('keeps what a former owner has finished, before and after it reads these records again', () => {
    const [five, six, ten] = [place(5n), place(6n), place(10n)];
    const progress = accepted(five);
    progress.begin({ offset: 5n, runs: [run(6n, 8n), run(10n, 12n)] });
    expect(progress.isFinished(5n)).toBe(false);
    progress.accept(six);
    expect([6n, 8n, 9n, 11n].map((offset) => progress.isFinished(offset))).toEqual([true, true, false, true]);
    expect(progress.isAhead).toBe(false);
    expect(finish(progress, five)).toEqual({ offset: 9n, runs: [run(10n, 12n)] });
    progress.accept(ten); // so there is no record 9
    expect(progress.isAhead).toBe(true);
    expect(finish(progress)).toEqual({ offset: 13n, runs: [] });
  });

  it('ignores records before the committed position, which were fetched before the former owner was fenced', () => {
    const [three, four, five] = [place(3n), place(4n), place(5n)];
    const progress = accepted(three, four, five);
    progress.begin({ offset: 5n, runs: [] });
    expect([three, four, five].map(({ offset }) => progress.isFinished(offset))).toEqual([true, true, false]);
    expect(finish(progress, five)).toEqual({ offset: 6n, runs: [] });
  });

  it('loses and repeats nothing over owners that stop at any moment', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = randomFrom(seed);
      const log = Array.from({ length: 60 }, (_, index) => BigInt(index)).filter(() => random() < 0.8);
      const written: bigint[] = [];
      let committed: { readonly offset: bigint; readonly metadata: string } | undefined;
      for (let owner = 0; owner < 30 && written.length < log.length; owner += 1) {
        const progress = new Progress();
        progress.begin(committed ? readPosition(committed.offset, committed.metadata) : null);
        const inFlight: Place[] = [];
        const readable = log.filter((offset) => offset >= (committed?.offset ?? 0n));
        for (let step = 0; step < 12; step += 1) {
          const next = readable.shift();
          if (next !== undefined) {
            const one = place(next);
            progress.accept(one);
            if (!progress.isFinished(next)) inFlight.push(one);
          }
          const taken = inFlight.filter(() => random() < 0.3);
          const places = new Set(taken);
          const position = progress.positionWith(places);
          committed = { offset: position.offset, metadata: metadataOf(position) ?? 'too long' };
          progress.finish(places, position);
          written.push(...taken.map(({ offset }) => offset));
          inFlight.splice(0, inFlight.length, ...inFlight.filter((one) => !taken.includes(one)));
        }
      }
      expect(
        [...written].sort((a, b) => Number(a - b)),
        `seed ${seed}`,
      ).toEqual(log);
    }
  });
});

describe('a position', () => {
  it('joins runs that touch, and passes those at its place', () => {
    expect(positionOf(5n, [run(9n, 9n), run(5n, 6n), run(12n, 13n), run(10n, 10n)])).toEqual({
      offset: 7n,
      runs: [run(9n, 10n), run(12n, 13n)],
    });
  });

  it('is read from the committed offset as it was written', () => {
    const position = { offset: 100n, runs: [run(101n, 101n), run(110n, 250n)] };
    expect(metadataOf(position)).toBe('fl1:1+0,10+140');
    expect(readPosition(100n, 'fl1:1+0,10+140')).toEqual(position);
    expect(metadataOf({ offset: 1n, runs: [] })).toBe('');
  });

  it.each([null, '', 'of another program', 'fl1:', 'fl1:1+', 'fl2:1+1', 'fl1:-1+1'])(
    'names no finished record behind it when the metadata is %j',
    (metadata) => {
      expect(readPosition(5n, metadata)).toEqual({ offset: 5n, runs: [] });
    },
  );

  it('has no text when brokers would refuse its length', () => {
    const runs = Array.from({ length: 1_000 }, (_, index) => run(BigInt(3 * index), BigInt(3 * index)));
    expect(metadataOf({ offset: 0n, runs })).toBeUndefined();
    expect(metadataOf({ offset: 0n, runs: runs.slice(0, 500) })).toHaveLength(
      `fl1:${runs
        .slice(0, 500)
        .map(({ first }) => `${first}+0`)
        .join()}`.length,
    );
  });

  it('knows the finished records', () => {
    const position = { offset: 5n, runs: [run(7n, 8n)] };
    expect([4n, 5n, 6n, 7n, 8n, 9n].map((offset) => isFinished(position, offset))).toEqual([
      ...[true, false, false, true, true, false],
    ]);
  });
});
