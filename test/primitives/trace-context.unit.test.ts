import { describe, expect, it } from 'vitest';
import { continueTrace, traceIdOf } from '../../primitives/trace-context.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = '00f067aa0ba902b7';
const fresh = { traceId: 'aa'.repeat(16), spanId: 'aa'.repeat(8) };
const random = (digits: number) => 'a'.repeat(digits);

describe('continueTrace', () => {
  it.each([
    { name: 'a sampled traceparent', header: `00-${traceId}-${parent}-01`, flags: '01' },
    { name: 'an unsampled traceparent', header: `00-${traceId}-${parent}-00`, flags: '00' },
    { name: 'a traceparent with flags unknown to version 00', header: `00-${traceId}-${parent}-ff`, flags: '01' },
    { name: 'a traceparent of a later version', header: `01-${traceId}-${parent}-01-more`, flags: '01' },
  ])('continues $name', ({ header, flags }) => {
    expect(continueTrace(header, random)).toEqual({
      traceId,
      spanId: fresh.spanId,
      traceparent: `00-${traceId}-${fresh.spanId}-${flags}`,
    });
    expect(traceIdOf(header)).toBe(traceId);
  });

  it.each([
    { name: 'a missing traceparent', header: undefined },
    { name: 'an empty traceparent', header: '' },
    { name: 'upper case digits', header: `00-${traceId.toUpperCase()}-${parent}-01` },
    { name: 'version ff', header: `ff-${traceId}-${parent}-01` },
    { name: 'version 00 with extra fields', header: `00-${traceId}-${parent}-01-more` },
    { name: 'a trace id of zeros', header: `00-${'0'.repeat(32)}-${parent}-01` },
    { name: 'a parent id of zeros', header: `00-${traceId}-${'0'.repeat(16)}-01` },
    { name: 'a trace id that is too short', header: `00-${traceId.slice(1)}-${parent}-01` },
    { name: 'a header that was sent twice', header: `00-${traceId}-${parent}-01, 00-${traceId}-${parent}-01` },
  ])('starts a new trace for $name', ({ header }) => {
    expect(continueTrace(header, random)).toEqual({ ...fresh, traceparent: `00-${fresh.traceId}-${fresh.spanId}-01` });
    expect(traceIdOf(header)).toBeUndefined();
  });
});
