import { pino } from 'pino';
import { expect, it } from 'vitest';
import { logUnreachable } from '../../processes/unreachable-log.js';
import { createManualClock } from '../../runtime/memory/manual-clock.js';

function record() {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const logger = pino({ base: null, timestamp: false }, { write });
  const clock = createManualClock();
  return { lines, clock, onUnreachable: logUnreachable({ clock, logger }) };
}

it('logs why a host cannot be reached', () => {
  const { lines, onUnreachable } = record();
  onUnreachable('photos.example', 'it resolves to 10.0.0.1, which is a private address');
  expect(lines).toEqual([
    {
      level: 40,
      host: 'photos.example',
      reason: 'it resolves to 10.0.0.1, which is a private address',
      suppressed: 0,
      msg: 'a host cannot be reached',
    },
  ]);
});

it('logs at most 20 unreachable hosts a minute, and counts the suppressed ones', () => {
  const { lines, clock, onUnreachable } = record();
  for (let host = 0; host < 10_000; host += 1) onUnreachable(`${host}.example`, 'its name has no address');
  expect(lines).toHaveLength(20);
  clock.advance(60_000);
  onUnreachable('last.example', 'its name has no address');
  expect(lines.slice(20)).toMatchObject([{ host: 'last.example', suppressed: 9_980 }]);
});
