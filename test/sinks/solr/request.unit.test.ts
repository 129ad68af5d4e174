import { describe, expect, test } from 'vitest';
import type { ImageTags } from '../../../schemas/events.js';
import { fieldPart } from '../../../sinks/solr/field-names.js';
import { type HeldPhoto, solrUpdates } from '../../../sinks/solr/request.js';
import { startOfTime, tagRecord } from '../records.js';

const stove = { name: 'stove', score: 0.87654321, model: 'scene@1', box: null };
const small: Partial<ImageTags> = { tags: [stove], models: ['scene@1'], roomType: null };
const entry = (index: number, changes: Partial<ImageTags>) => ({
  index,
  record: tagRecord(0, { ...small, ...changes }),
});

const id = 'image-0:00000000:listing-photo@1';
const photoFields = {
  resultId_s: id,
  listingId: 'listing-0',
  url: 'https://photos.example.com/listings/0/0.jpg',
  contentSha256: '0'.repeat(64),
  format: 'jpeg',
  width: 1024,
  height: 768,
  eventTime: '2026-01-01T00:00:00.000Z',
  taggedAt: '2026-01-01T00:00:00.160Z',
};
const pipelineFields = {
  pipeline_listing_photo_s: 'listing-photo@1',
  eventTime_listing_photo_dt: '2026-01-01T00:00:00.000Z',
  resultId_listing_photo_s: id,
  models_listing_photo_ss: ['scene@1'],
  tags_listing_photo_ss: ['stove'],
  scores_listing_photo: ['stove|0.8765'],
  roomType_listing_photo_s: null,
  roomScore_listing_photo_f: null,
};
const sets = (fields: object) => Object.fromEntries(Object.entries(fields).map(([name, set]) => [name, { set }]));
const held = (changes: Partial<HeldPhoto>): ReadonlyMap<string, HeldPhoto> =>
  new Map([['image-0', { version: '1882587460912807937', newest: undefined, pipelines: new Map(), ...changes }]]);

describe('Solr updates', () => {
  test('send a new photo whole, with the version for a new document', () => {
    expect(solrUpdates([entry(0, {})], new Map())).toEqual([
      { id: 'image-0', _version_: '-1', ...photoFields, ...pipelineFields },
    ]);
  });

  test('update a photo in the index atomically', () => {
    expect(solrUpdates([entry(0, {})], held({}))).toEqual([
      { id: 'image-0', _version_: '1882587460912807937', ...sets({ ...photoFields, ...pipelineFields }) },
    ]);
  });

  test('leave the fields of the photo alone if another pipeline has a newer result', () => {
    expect(solrUpdates([entry(0, {})], held({ newest: { eventTime: startOfTime + 1, id } }))).toEqual([
      { id: 'image-0', _version_: '1882587460912807937', ...sets(pipelineFields) },
    ]);
  });

  test.each([
    { name: 'older than', eventTime: startOfTime + 1, updates: 0 },
    { name: 'the same as', eventTime: startOfTime, updates: 1 },
    { name: 'of the same time as, with a lesser id than', eventTime: startOfTime, held: 'j', updates: 0 },
    { name: 'of the same time as, with a greater id than', eventTime: startOfTime, held: 'h', updates: 1 },
    { name: 'of the same time as, from an earlier release,', eventTime: startOfTime, held: '', updates: 1 },
    { name: 'newer than', eventTime: startOfTime - 1, updates: 1 },
  ])(
    'have $updates entries for a result $name the one that the index holds of its pipeline',
    ({ eventTime, held: heldId = id, updates }) => {
      const version = { eventTime, id: heldId };
      const known = held({ newest: version, pipelines: new Map([['eventTime_listing_photo_dt', version]]) });
      expect(solrUpdates([entry(0, {})], known)).toHaveLength(updates);
    },
  );

  test('merge two results of one pipeline and one of another into one update', () => {
    const newer = entry(0, { pipeline: 'listing-photo@2', eventTime: startOfTime + 1, width: 2 });
    const other = entry(2, { pipeline: 'garden@1', tags: [], models: [] });
    expect(solrUpdates([newer, entry(1, {}), other], new Map())).toEqual([
      {
        id: 'image-0',
        _version_: '-1',
        ...photoFields,
        width: 2,
        eventTime: '2026-01-01T00:00:00.001Z',
        ...pipelineFields,
        resultId_s: 'image-0:00000000:listing-photo@2',
        resultId_listing_photo_s: 'image-0:00000000:listing-photo@2',
        pipeline_listing_photo_s: 'listing-photo@2',
        eventTime_listing_photo_dt: '2026-01-01T00:00:00.001Z',
        pipeline_garden_s: 'garden@1',
        eventTime_garden_dt: '2026-01-01T00:00:00.000Z',
        resultId_garden_s: 'image-0:00000000:garden@1',
        models_garden_ss: [],
        tags_garden_ss: [],
        scores_garden: [],
        roomType_garden_s: null,
        roomScore_garden_f: null,
      },
    ]);
  });

  test('take the fields of the photo from the same one of two pipelines, in any order', () => {
    const [garden, listing] = [entry(0, { pipeline: 'garden@1' }), entry(1, {})];
    const photoOf = (entries: Parameters<typeof solrUpdates>[0]) => solrUpdates(entries, new Map())[0]?.['resultId_s'];
    expect([photoOf([garden, listing]), photoOf([listing, garden])]).toEqual([id, id]);
    const known = held({ newest: { eventTime: startOfTime, id } });
    expect(solrUpdates([garden], known)[0]).not.toHaveProperty('resultId_s');
  });

  test('give a repeated tag its best score, and replace a bar in its name', () => {
    const tags = [stove, { ...stove, score: 0.9 }, { ...stove, name: 'bar|stool', score: 1e-7 }];
    const [update] = solrUpdates([entry(0, { tags })], new Map());
    expect(update?.['tags_listing_photo_ss']).toEqual(['stove', 'bar|stool']);
    expect(update?.['scores_listing_photo']).toEqual(['stove|0.9', 'bar¦stool|0']);
  });

  test.each([
    { name: 'listing-photo', part: 'listing_photo' },
    { name: 'listing_photo', part: 'listingU005fphoto' },
    { name: 'Über9', part: 'U00dcber9' },
  ])('encode the pipeline name $name in field names', ({ name, part }) => {
    expect(fieldPart(name)).toBe(part);
  });
});
