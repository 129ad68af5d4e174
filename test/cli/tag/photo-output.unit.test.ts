import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { photoLine, summaryLines } from '../../../cli/tag/photo-line.js';
import { photoObject } from '../../../cli/tag/photo-report.js';
import { renderTable } from '../../../cli/tag/result-table.js';
import type { PhotoResult } from '../../../cli/tag/tag-run.js';
import type { ImageTags } from '../../../schemas/events.js';
import { FanlightError } from '../../../schemas/failure.js';
import { imageTags } from '../../sinks/records.js';

const plain = pc.createColors(false);
const input = {
  image: 'photos/kitchen.jpg',
  listingId: 'photos',
  imageId: 'photos/kitchen.jpg',
  source: { kind: 'file', path: '/photos/kitchen.jpg' },
} as const;
const tags = imageTags(0, {
  roomType: { name: 'kitchen', score: 0.987 },
  tags: [
    { name: 'stove', score: 0.61, model: 'scene@1', box: null },
    { name: 'watermark', score: 0.5, model: 'quality@1', box: { x: 0, y: 0.1, width: 0.2, height: 0.3 } },
  ],
  models: ['quality@1', 'scene@1'],
  cached: ['scene@1'],
  timings: { fetch: { queueMs: 1.04, durationMs: 2 }, infer: { queueMs: 10, durationMs: 20.26 } },
});
const tagged = (changes: Partial<ImageTags> = {}): PhotoResult => ({
  input,
  outcome: { kind: 'tagged', tags: { ...tags, ...changes } },
});
const failed: PhotoResult = {
  input: { ...input, image: `/a/${'long-'.repeat(10)}name.jpg` },
  outcome: {
    kind: 'failed',
    error: new FanlightError({
      code: 'corrupt-image',
      message: 'The image is damaged or incomplete: premature end of JPEG image.',
      remedy: 'Upload the photo again.',
    }),
  },
};

describe('photoObject', () => {
  it('has the tags, models and timings of a tagged photo', () => {
    expect(photoObject(tagged())).toEqual({
      image: 'photos/kitchen.jpg',
      imageId: 'photos/kitchen.jpg',
      roomType: { name: 'kitchen', score: 0.987 },
      tags: [
        { name: 'stove', score: 0.61, model: 'scene@1' },
        { name: 'watermark', score: 0.5, model: 'quality@1', box: { x: 0, y: 0.1, width: 0.2, height: 0.3 } },
      ],
      models: ['quality@1', 'scene@1'],
      cached: ['scene@1'],
      timings: { fetch: 3, infer: 30.3 },
    });
  });

  it('has the words of a tag, if there are any', () => {
    const tag = { name: 'overlay text', score: 0.97, model: 'text-line@1' };
    const [words, none] = [
      { ...tag, box: null, text: 'SOLD' },
      { ...tag, box: null, text: null },
    ];
    expect(photoObject(tagged({ tags: [words, none] }))).toMatchObject({ tags: [{ ...tag, text: 'SOLD' }, tag] });
    expect(JSON.stringify(photoObject(tagged({ tags: [none] })))).not.toContain('"text"');
  });

  it('is the reason of one that failed', () => {
    expect(photoObject(failed)).toEqual({
      image: failed.input.image,
      imageId: 'photos/kitchen.jpg',
      error: {
        code: 'corrupt-image',
        message: 'The image is damaged or incomplete: premature end of JPEG image.',
        remedy: 'Upload the photo again.',
      },
    });
  });
});

describe('photoLine', () => {
  it.each([
    [
      'a tagged photo',
      tagged(),
      '✓ photos/kitchen.jpg  kitchen 0.99  stove 0.61, watermark 0.50  fetch 3 · infer 30 ms',
    ],
    [
      'a photo without room type and tags',
      tagged({ roomType: null, tags: [] }),
      '✓ photos/kitchen.jpg  no room type  no tags  fetch 3 · infer 30 ms',
    ],
    [
      'a tag with words',
      tagged({ tags: [{ name: 'overlay text', score: 0.97, model: 'text-line@1', box: null, text: 'FOR "SALE"' }] }),
      '✓ photos/kitchen.jpg  kitchen 0.99  overlay text "FOR \\"SALE\\"" 0.97  fetch 3 · infer 30 ms',
    ],
    [
      'a failed photo',
      failed,
      `✗ ${failed.input.image}  corrupt-image  The image is damaged or incomplete: premature end of JPEG image. Upload the photo again.`,
    ],
  ])('renders %s', (_name, result, line) => {
    expect(photoLine(result, plain)).toBe(line);
  });
});

describe('summaryLines', () => {
  it.each([
    [
      'a complete run',
      { photos: 4, tagged: 4, failed: {}, unfinished: 0, elapsedMs: 2_000 },
      ['4 photos: 4 tagged, 0 failed in 2.0 s (2.0 photos/s)'],
    ],
    [
      'a stopped run with failures',
      { photos: 9, tagged: 4, failed: { 'not-found': 1, 'empty-file': 2 }, unfinished: 2, elapsedMs: 0 },
      [
        '9 photos: 4 tagged, 3 failed, 2 without a result yet in 0.0 s (0 photos/s)',
        'failed by reason: empty-file 2, not-found 1',
        'Photos already sent are still processed: `fanlight subscribe` prints their results, `fanlight audit` counts them.',
      ],
    ],
  ])('describes %s', (_name, summary, lines) => {
    expect(summaryLines(summary, plain)).toEqual(lines);
  });
});

describe('renderTable', () => {
  it('fits the width and wraps longer cells', () => {
    const table = renderTable([tagged(), failed, tagged({ roomType: null, tags: [] })]);
    expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(table).toMatchInlineSnapshot(`
      "┌───────────────────┬────────────────┬────────────────────────┬────────┬────────┬────────┬────────┐
      │ photo             │ room type      │ tags                   │  fetch │  prep. │  infer │  comp. │
      ├───────────────────┼────────────────┼────────────────────────┼────────┼────────┼────────┼────────┤
      │ kitchen.jpg       │ kitchen 0.99   │ stove 0.61, watermark  │      3 │      0 │     30 │      0 │
      │                   │                │ 0.50                   │        │        │        │        │
      │ …ng-long-name.jpg │ corrupt-image  │ The image is damaged or incomplete: premature end of       │
      │                   │                │ JPEG image. Upload the photo again.                        │
      │ kitchen.jpg       │ none           │ none                   │      3 │      0 │     30 │      0 │
      └───────────────────┴────────────────┴────────────────────────┴────────┴────────┴────────┴────────┘
      fetch, prep., infer, comp.: time in each stage, with its queue (ms)"
    `);
  });

  it('shows the stages of composites if a photo passed them', () => {
    const [, head, , first] = renderTable(
      [
        tagged({
          timings: {
            fetch: { queueMs: 1, durationMs: 2 },
            crop: { queueMs: 0, durationMs: 7 },
            inspect: { queueMs: 4, durationMs: 5 },
          },
        }),
      ],
      { width: 120 },
    ).split('\n');
    expect(
      head
        ?.split('│')
        .slice(4, -1)
        .map((title) => title.trim()),
    ).toEqual(['fetch', 'prep.', 'infer', 'crop', 'insp.', 'comp.']);
    expect(
      first
        ?.split('│')
        .slice(4, -1)
        .map((title) => title.trim()),
    ).toEqual(['3', '0', '0', '7', '9', '0']);
  });

  it('uses colours only on request', () => {
    const escape = '\u001B[';
    expect([
      renderTable([tagged()]).includes(escape),
      renderTable([tagged()], { colours: pc.createColors(true) }).includes(escape),
    ]).toEqual([false, true]);
  });
});
