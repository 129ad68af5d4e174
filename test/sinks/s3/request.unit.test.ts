import { describe, expect, test } from 'vitest';
import { objectKey, objectPut, versionFrom } from '../../../sinks/s3/request.js';
import { tagRecord } from '../records.js';

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

  test.each([
    { name: 'plain', id: 'a'.repeat(32) },
    { name: 'Unicode', id: 'ünïcödé-🏠 (100%)' },
  ])('reads the version with a $name id from the metadata', ({ id }) => {
    const record = { ...tagRecord(0), id };
    expect(versionFrom(objectPut('tags/', record).metadata)).toEqual({ id, eventTime: 1_767_225_600_000 });
  });

  test.each<Record<string, string>>([
    {},
    { 'event-time': '5' },
    { 'event-time': 'soon', 'result-id': 'a' },
    { 'event-time': '5', 'result-id': '%FF' },
  ])('finds no version in the metadata of another program: %j', (metadata) => {
    expect(versionFrom(metadata)).toBeUndefined();
  });

  test('leaves an id that is too long out of the metadata', () => {
    expect(objectPut('tags/', { ...tagRecord(0), id: 'x'.repeat(2_000) }).metadata).toEqual({});
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
      metadata: { 'event-time': '1767225600000', 'result-id': 'image-0%3A00000000%3Alisting-photo%401' },
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
