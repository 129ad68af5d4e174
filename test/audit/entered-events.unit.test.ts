import { expect, it } from 'vitest';
import { enteredEvents } from '../../audit/entered-events.js';
import { createManualClock } from '../../runtime/memory/manual-clock.js';
import { originOf } from '../../runtime/records/origin.js';
import { createSeal, sealedFor } from '../../runtime/records/seal.js';

const clock = createManualClock();
const seal = createSeal();
const asEntered = enteredEvents({ retentionMs: 86_400_000, seal, clock });
const record = {
  topic: 'listing-images.bulk',
  partition: 0,
  offset: 7n,
  key: Buffer.from('listing'),
  value: Buffer.from('photo'),
  headers: { ce_id: 'event', 'fl-origin': 'another event' },
  timestamp: clock.now(),
};

it.each([
  { name: 'by its own id, whatever its producer says', message: record, origin: 'event' },
  {
    name: 'by its origin when it enters again',
    message: sealedFor(record.topic, record, seal),
    origin: 'another event',
  },
  { name: 'by its origin behind the entrance', message: { ...record, topic: 'fetch.bulk' }, origin: 'another event' },
])('the audit knows an event $name', ({ message, origin }) => {
  expect(originOf(asEntered(message))).toBe(origin);
});

it.each([9e18, 0, Date.UTC(2100, 0, 1)])('the audit takes the timestamp %d for a possible time', (timestamp) => {
  expect(asEntered({ ...record, timestamp }).timestamp).toBe(clock.now());
});
