import { expect, test } from 'vitest';
import { storeResult } from '../../../sinks/redis/request.js';
import { startOfTime, tagRecord } from '../records.js';

test('the Redis sink passes sets, result and photo to its script', () => {
  const stove = { name: 'stove "2"', score: 0.5, model: 'scene@1', box: null };
  const record = tagRecord(0, { imageId: 'a b', url: null, tags: [stove, stove], models: ['scene@1'] });
  expect(storeResult('fl:', record)).toEqual({
    key: 'fl:photo:a b',
    args: [
      'fl:',
      'a b',
      'listing-photo',
      String(startOfTime),
      record.id,
      '["tag:stove \\"2\\"","room:kitchen","listing:listing-0"]',
      JSON.stringify({
        id: record.id,
        pipeline: 'listing-photo@1',
        roomType: { name: 'kitchen', score: 0.9132 },
        tags: [stove, stove],
        models: ['scene@1'],
        eventTime: startOfTime,
        taggedAt: startOfTime + 160,
        attributes: { agent: 'example' },
      }),
      ...['listingId', 'listing-0', 'url', '', 'contentSha256', '0'.repeat(64), 'format', 'jpeg'],
      ...['width', '1024', 'height', '768', 'eventTime', String(startOfTime), 'taggedAt', String(startOfTime + 160)],
    ],
  });
});
