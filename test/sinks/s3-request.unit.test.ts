import { describe, expect, test } from 'vitest';
import { objectKey, objectPut } from '../../sinks/s3/request.js';
import { tagRecord } from './records.js';

describe('S3 request', () => {
  test.each([
    { name: 'plain ids', changes: {}, key: 'tags/listing-photo/1/listing-0/image-0.json' },
    { name: 'a minor version', changes: { pipeline: 'garden@12.3.4' }, key: 'tags/garden/12/listing-0/image-0.json' },
    { name: 'no version', changes: { pipeline: 'garden' }, key: 'tags/garden/0/listing-0/image-0.json' },
    {
      name: 'ids with slashes',
      changes: { listingId: '../x', imageId: 'a/b' },
      key: 'tags/listing-photo/1/..!2Fx/a!2Fb.json',
    },
  ])('builds the key of $name', ({ changes, key }) => {
    expect(objectKey('tags/', tagRecord(0, changes).value)).toBe(key);
  });

  test('puts the whole result as JSON', () => {
    const record = tagRecord(0, {
      tags: [{ name: 'stove', score: 0.5, model: 'scene@1', box: null }],
      timings: {},
      attributes: {},
    });
    const put = objectPut('tags/', record);
    expect({ ...put, body: put.body.toString() }).toEqual({
      key: 'tags/listing-photo/1/listing-0/image-0.json',
      contentType: 'application/json',
      body: `{
  "id": "image-0:00000000:listing-photo@1",
  "listingId": "listing-0",
  "imageId": "image-0",
  "url": "https://photos.example.com/listings/0/0.jpg",
  "pipeline": "listing-photo@1",
  "contentSha256": "${'0'.repeat(64)}",
  "format": "jpeg",
  "width": 1024,
  "height": 768,
  "roomType": {
    "name": "kitchen",
    "score": 0.9132
  },
  "tags": [
    {
      "name": "stove",
      "score": 0.5,
      "model": "scene@1",
      "box": null
    }
  ],
  "models": [
    "quality@1",
    "room-type@1",
    "scene@1"
  ],
  "cached": [],
  "timings": {},
  "eventTime": 1767225600000,
  "taggedAt": 1767225600160,
  "attributes": {}
}
`,
    });
  });
});
