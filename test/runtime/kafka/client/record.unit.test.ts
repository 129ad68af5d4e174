import type { KafkaMessage } from 'kafkajs';
import { expect, it } from 'vitest';
import { toMessage } from '../../../../runtime/kafka/client/record.js';

/** Converts a record with these headers, as kafkajs delivers them. */
function convert(headers: Readonly<Record<string, unknown>>) {
  const record = { key: null, value: Buffer.from('v'), timestamp: '5', attributes: 0, offset: '7', headers };
  return toMessage('t', 1, record as KafkaMessage);
}

const notText = Buffer.from([0xff, 0x00]);

it('a record keeps its coordinates, its bytes and the text of its headers', () => {
  expect(convert({ ce_id: Buffer.from('é') })).toEqual({
    ...{ topic: 't', partition: 1, offset: 7n, key: null, value: Buffer.from('v'), timestamp: 5 },
    headers: { ce_id: 'é' },
  });
});

it.each([
  { what: 'a null value', value: null },
  { what: 'a null value after a text', value: [Buffer.from('a'), null] },
])('a header with $what is absent', ({ value }) => {
  expect(convert({ 'fl-client': value, other: Buffer.from('b') }).headers).toEqual({ other: 'b' });
});

it('the last value of a repeated header counts', () => {
  expect(convert({ 'fl-client': [null, Buffer.from('a'), Buffer.from('b')] }).headers).toEqual({ 'fl-client': 'b' });
});

it('a binary header that Fanlight does not read is left out', () => {
  const message = convert({ 'kafka_dlt-original-offset': notText, other: Buffer.from('b') });
  expect([message.headers, message.unreadableHeaders]).toEqual([{ other: 'b' }, undefined]);
});

it('a binary header that Fanlight reads is unreadable', () => {
  const message = convert({ 'fl-job': notText, other: Buffer.from('b') });
  expect([message.headers, message.unreadableHeaders]).toEqual([{ other: 'b' }, new Map([['fl-job', notText]])]);
});

it.each(['toString', '__proto__'])('a header may be named %s', (name) => {
  // kafkajs collects headers in an object, and takes the inherited property for an earlier value.
  const inherited: unknown = Reflect.get({}, name);
  const headers = Object.defineProperty({}, name, { value: [inherited, Buffer.from('a')], enumerable: true });
  expect(Object.entries(convert(headers).headers)).toEqual([[name, 'a']]);
});
