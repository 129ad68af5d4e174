import { describe, expect, it } from 'vitest';
import { readBodyLines, type LinesOptions } from '../../../http/bodies/lines.js';
import { createBodyMemory } from '../../../http/bodies/memory.js';
import { Pace, type PaceLimits } from '../../../http/bodies/pace.js';
import { bodyOfRequest, type RequestBody } from '../../../http/bodies/request-body.js';
import { readWhole } from '../../../http/bodies/whole-body.js';
import { LoopTurns } from '../../../primitives/loop-turns.js';
import { manualClock, type ManualClock } from '../../gateway/harness.js';

/** A text that arrives, or a pause (ms) before the next text. `never`: no more text arrives. */
type Step = string | number | 'never';

function bodyOf(
  clock: ManualClock,
  steps: readonly Step[],
  memory = createBodyMemory(1 << 20).hold(() => undefined),
): RequestBody {
  return {
    announcedBytes: undefined,
    memory,
    async *pieces(pace) {
      let pauseMs = 0;
      for (const step of steps) {
        if (typeof step === 'number') pauseMs = step;
        else
          yield Buffer.from(await pace.next(arriving(clock, pauseMs, step), (text) => text.length, memory.pushedOut));
        if (typeof step !== 'number') pauseMs = 0;
      }
    },
  };
}

function arriving(clock: ManualClock, pauseMs: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    if (text === 'never') return;
    setImmediate(() => {
      clock.advance(pauseMs);
      resolve(text);
    });
  });
}

const problem = (code: string, detail: unknown = expect.anything()) =>
  expect.objectContaining({ problem: expect.objectContaining({ code, detail }) as unknown }) as unknown;

describe('the pace of a body', () => {
  const read = (limits: PaceLimits, ...steps: Step[]) => {
    const clock = manualClock();
    return readWhole(bodyOf(clock, steps), {
      clock,
      turns: new LoopTurns(),
      pace: limits,
      limitBytes: 1_000,
      what: 'image',
    });
  };

  it.each<[string, PaceLimits, Step[]]>([
    [
      'a body with pauses within all bounds',
      { totalMs: 1_000, bytesPerSecond: 10, graceMs: 300 },
      ['0123456789', 900, '0123456789'],
    ],
    [
      'a slow start within the grace period',
      { totalMs: 1_000, bytesPerSecond: 10, graceMs: 300 },
      [250, '0123456789', 900 - 250, '1'],
    ],
  ])('admits %s', async (_name, limits, steps) => {
    expect((await read(limits, ...steps)).bytes.length).toBeGreaterThan(0);
  });

  it.each<[string, PaceLimits, Step[]]>([
    ['that takes too long in total', { totalMs: 1_000 }, ['a', 600, 'b', 600, 'c']],
    ['that pauses', { totalMs: 10_000, idleMs: 100 }, ['a', 101, 'b']],
    ['that does not arrive', { totalMs: 10_000, bytesPerSecond: 10, graceMs: 300 }, [301, 'a']],
    ['that trickles', { totalMs: 60_000, bytesPerSecond: 10, graceMs: 300 }, ['a', 200, 'b', 200, 'c', 200, 'd']],
  ])('refuses a body %s', async (_name, limits, steps) => {
    await expect(read(limits, ...steps)).rejects.toEqual(problem('request-timeout'));
  });

  it('does not count the time of the gateway between two pieces', async () => {
    const clock = manualClock();
    const pieces: string[] = [];
    for await (const piece of bodyOf(clock, ['a', 'b', 'c']).pieces(
      new Pace(clock, { totalMs: 1_000, bytesPerSecond: 10, graceMs: 300 }),
    )) {
      pieces.push(Buffer.from(piece).toString());
      clock.advance(900);
    }
    expect(pieces).toEqual(['a', 'b', 'c']);
  });
});

describe('a whole body', () => {
  it('takes memory for its bytes, and can be pushed out until it is complete', async () => {
    const clock = manualClock();
    const memory = createBodyMemory(100_000);
    const slow = memory.hold(() => undefined);
    const options = { clock, turns: new LoopTurns(), pace: { totalMs: 1_000 }, limitBytes: 90_000, what: 'image' };
    const reading = readWhole(bodyOf(clock, ['a'.repeat(60_000), 'never'], slow), options);
    await expect.poll(() => memory.taken).toBeGreaterThan(50_000);
    memory.hold(() => undefined).take(50_000);
    await expect(reading).rejects.toEqual(problem('overloaded'));
    expect(memory.taken).toBe(50_000);
  });
});

describe('lines of a body', () => {
  const clock = manualClock();
  const options: LinesOptions = {
    clock,
    turns: new LoopTurns(),
    pace: { totalMs: 10_000, idleMs: 1_000 },
    limitBytes: 20,
    batch: 2,
    blankLines: 3,
  };
  const read = async (steps: readonly Step[], more: Partial<LinesOptions> = {}) => {
    const batches: [number, string][][] = [];
    for await (const lines of readBodyLines(bodyOf(clock, steps), { ...options, ...more }))
      batches.push(lines.map(({ number, text }) => [number, text]));
    return batches;
  };

  it('are yielded in batches without blank lines, independent of the sizes of pieces', async () => {
    expect(await read(['a\r\nb', 'b\n\nc\n', ' \nd'])).toEqual([
      [[1, 'a']],
      [
        [2, 'bb'],
        [4, 'c'],
      ],
      [[6, 'd']],
    ]);
    expect(await read(['a\nb\nc\n'])).toEqual([
      [
        [1, 'a'],
        [2, 'b'],
      ],
      [[3, 'c']],
    ]);
    expect(await read([''])).toEqual([]);
  });

  it.each<[string, string[], string]>([
    ['a line that does not end', ['a'.repeat(21)], 'line-too-long'],
    ['a line that grows too long', ['a\n', 'b'.repeat(15), 'c'.repeat(6)], 'line-too-long'],
    ['a long line among others', [`a\n${'b'.repeat(21)}\nc\n`], 'line-too-long'],
    ['bytes that are not UTF-8', ['a\n'], 'malformed-json'],
    ['mostly blank lines', ['\n'.repeat(50)], 'invalid-request'],
    ['white space', [' \n \n'.repeat(50)], 'invalid-request'],
  ])('are refused with %s', async (name, steps, code) => {
    const body = name.includes('UTF-8')
      ? bodyOfRequest(
          new Request('http://a/', { method: 'POST', body: Uint8Array.of(0x61, 0xff, 0x0a) }),
          createBodyMemory(100).hold(() => undefined),
        )
      : bodyOf(clock, steps);
    const all = async () => {
      for await (const lines of readBodyLines(body, options)) void lines;
    };
    await expect(all()).rejects.toEqual(problem(code));
  });

  it('may alternate with blank lines', async () => {
    expect((await read(['a\n\n'.repeat(40)])).flat()).toHaveLength(40);
  });

  it('count as progress; bytes and blank lines do not restart the idle timeout', async () => {
    await expect(read(['a\n', 600, 'b', 600, 'c'])).rejects.toEqual(problem('request-timeout'));
    await expect(read(['a\n', 600, '\n', 600, 'c\n'])).rejects.toEqual(problem('request-timeout'));
    expect((await read(['a\n', 600, 'b\n', 600, 'c\n'])).flat()).toHaveLength(3);
  });
});
