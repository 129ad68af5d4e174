import { describe, expect, it } from 'vitest';
import { callbackConfig } from '../../../jobs/callbacks/config.js';
import { parseCallback } from '../../../jobs/callbacks/callback-uri.js';

const config = callbackConfig({
  topics: 'results, other',
  queues: 'https://sqs.us-east-1.amazonaws.com/123/,http://127.0.0.1:9324/000000000000/out-',
  buckets: 'drop',
  allow: '10.1.0.0/16:8080,fd00::/8',
});

describe('parseCallback', () => {
  it.each([
    ['kafka:results', { kind: 'kafka', endpoint: 'kafka:results', place: 'results' }],
    [
      'sqs:https://sqs.us-east-1.amazonaws.com/123/q.fifo',
      {
        kind: 'sqs',
        endpoint: 'https://sqs.us-east-1.amazonaws.com/123/q.fifo',
        place: 'https://sqs.us-east-1.amazonaws.com/123/q.fifo',
      },
    ],
    [
      'sqs:http://127.0.0.1:9324/000000000000/out-7',
      {
        kind: 'sqs',
        endpoint: 'http://127.0.0.1:9324/000000000000/out-7',
        place: 'http://127.0.0.1:9324/000000000000/out-7',
      },
    ],
    ['s3://drop', { kind: 's3', endpoint: 's3://drop', place: 'drop' }],
    ['s3://drop//for/us/', { kind: 's3', endpoint: 's3://drop', place: 'drop/for/us' }],
    [
      'https://shop.example/hook?a=1#x',
      { kind: 'webhook', endpoint: 'https://shop.example/hook?a=1', place: 'https://shop.example/hook?a=1' },
    ],
    ['HTTPS://Shop.example', { kind: 'webhook', endpoint: 'https://shop.example/', place: 'https://shop.example/' }],
    [
      'http://10.1.2.3:8080/hook',
      { kind: 'webhook', endpoint: 'http://10.1.2.3:8080/hook', place: 'http://10.1.2.3:8080/hook' },
    ],
    ['https://[fd00::1]/', { kind: 'webhook', endpoint: 'https://[fd00::1]/', place: 'https://[fd00::1]/' }],
    ['http://intranet/hook', { kind: 'webhook', endpoint: 'http://intranet/hook', place: 'http://intranet/hook' }],
  ])('parses %s', (uri, target) => {
    expect(parseCallback(uri, config)).toEqual(target);
  });

  it.each([
    ['', 'The callback is not a URI.'],
    ['results', 'The callback is not a URI.'],
    ['ftp://a/b', 'Results are not sent to URIs that start with "ftp:".'],
    [`https://a/${'x'.repeat(2_048)}`, 'The callback is longer than 2048 characters.'],
    [
      'kafka:image-tags.bulk',
      'Results are not sent to the Kafka topic "image-tags.bulk", which this deployment does not allow.',
    ],
    ['kafka:', 'Results are not sent to the Kafka topic "", which this deployment does not allow.'],
    ['sqs:nowhere', 'The callback names a queue that is not a URL.'],
    [
      'sqs:https://sqs.us-east-1.amazonaws.com/1234/q',
      'Results are not sent to the queue https://sqs.us-east-1.amazonaws.com/1234/q, which this deployment does not allow.',
    ],
    [
      'sqs:https://sqs.us-east-1.amazonaws.com/123/../9/q',
      'Results are not sent to the queue https://sqs.us-east-1.amazonaws.com/9/q, which this deployment does not allow.',
    ],
    ['s3://', 'The callback names no bucket.'],
    ['s3://other/x', 'Results are not sent to the bucket other, which this deployment does not allow.'],
    ['s3://drop/a/../../b', 'The prefix of the callback has a character or a segment that some stores change.'],
    ['s3://drop/\u0000', 'The prefix of the callback has a character or a segment that some stores change.'],
    ['https://', 'The URL is not a valid URL.'],
    [
      'https://user:pass@shop.example/',
      'The URL for shop.example contains a user name or password, which Fanlight does not send.',
    ],
    ['https://10.0.0.1/', 'Results are not sent to 10.0.0.1, which is a private address.'],
    ['https://[::1]/', 'Results are not sent to ::1, which is a loopback address.'],
    ['https://2130706433/', 'Results are not sent to 127.0.0.1, which is a loopback address.'],
    ['http://10.1.2.3/', 'Results are not sent to 10.1.2.3, which is not among the networks that are allowed.'],
    [
      'http://93.184.216.34/',
      'Results are not sent to 93.184.216.34, which is not among the networks that are allowed.',
    ],
  ])('refuses %s', (uri, message) => {
    expect(() => parseCallback(uri, config)).toThrow(
      expect.objectContaining({ code: 'invalid-callback', message }) as Error,
    );
  });

  it('allows only https when nothing is configured', () => {
    const closed = callbackConfig({});
    expect(parseCallback('https://shop.example/', closed).kind).toBe('webhook');
    for (const uri of [
      'kafka:results',
      'sqs:https://sqs.us-east-1.amazonaws.com/123/q',
      's3://drop',
      'http://10.1.2.3:8080/',
      'http://intranet/',
    ]) {
      expect(() => parseCallback(uri, closed)).toThrow(expect.objectContaining({ code: 'invalid-callback' }) as Error);
    }
  });

  it.each([
    [{ allow: 'everywhere' }, '"everywhere" in the list of allowed addresses is not a network.'],
    [
      { queues: 'https://sqs.us-east-1.amazonaws.com' },
      'The configuration of sink callbacks is wrong: queues.0: must start with https://host/.',
    ],
    [
      { timeoutMs: 'soon' },
      'The configuration of sink callbacks is wrong: timeoutMs: Invalid input: expected number, received NaN.',
    ],
  ])('refuses the configuration %j', (settings, message) => {
    expect(() => callbackConfig(settings)).toThrow(
      expect.objectContaining({ code: 'invalid-configuration', message }) as Error,
    );
  });
});
