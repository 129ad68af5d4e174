import { describe, expect, it } from 'vitest';
import { createSeal, sealedFor } from '../../../runtime/records/seal.js';

const record = {
  key: Buffer.from('listing'),
  value: Buffer.from('photo'),
  headers: { 'fl-origin': 'event-1', 'fl-attempt': '2', ce_id: 'event-1' },
};
const events = 'listing-images.bulk';
interface Change {
  readonly key?: Buffer;
  readonly value?: Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
}
const [ours, theirs] = ['a key of this deployment', 'a key of another one'];

describe('the seal of a record', () => {
  it.each<{ name: string; change: Change }>([
    { name: 'itself', change: {} },
    { name: 'itself with another public header', change: { headers: { ce_id: 'event-2' } } },
  ])('fits the record $name', ({ change }) => {
    const seal = createSeal([ours]);
    const sealed = sealedFor(events, record, seal);
    expect(seal.isOn({ ...sealed, headers: { ...sealed.headers, ...change.headers } })).toBe(true);
  });

  it.each<{ name: string; change: Change }>([
    { name: 'another attempt', change: { headers: { 'fl-attempt': '1' } } },
    { name: 'an added internal header', change: { headers: { 'fl-job': 'job-1' } } },
    { name: 'another value', change: { value: Buffer.from('other photo') } },
    { name: 'no value', change: { value: null } },
    {
      name: 'a byte that moved from the value to the key',
      change: { key: Buffer.from('listingp'), value: Buffer.from('hoto') },
    },
    { name: 'no hex digits', change: { headers: { 'fl-seal': 'yes' } } },
    { name: 'no seal', change: { headers: { 'fl-seal': '' } } },
  ])('does not fit a record with $name', ({ change }) => {
    const seal = createSeal([ours]);
    const sealed = sealedFor(events, record, seal);
    expect(seal.isOn({ ...sealed, ...change, headers: { ...sealed.headers, ...change.headers } })).toBe(false);
  });

  it('fits every key of the list, so that a key can be replaced', () => {
    const sealed = sealedFor(events, record, createSeal([ours]));
    expect(createSeal([theirs, ours]).isOn(sealed)).toBe(true);
    expect(createSeal([theirs]).isOn(sealed)).toBe(false);
    expect(createSeal().isOn(sealed)).toBe(false);
  });

  it('is left out on records for internal topics', () => {
    expect(sealedFor('infer.bulk', record, createSeal())).toBe(record);
  });
});
