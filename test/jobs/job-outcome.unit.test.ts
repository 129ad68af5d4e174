import { expect, it } from 'vitest';
import { isOfJob } from '../../jobs/results/job-outcome.js';

const job = '018bcfe56800000000000000000000aa';
const ofJob = { 'fl-job': job, 'fl-job-item': '7' };

it.each<[string, string, Record<string, string>, boolean]>([
  ['a result', 'image-tags.bulk', ofJob, true],
  ['an image that was not run', 'cancelled-images.bulk', ofJob, true],
  ['a dead letter of a stage', 'dead-letters.bulk', { ...ofJob, '__fanlight.errors.stage': 'infer' }, true],
  [
    'a dead letter of a sink: the image was tagged',
    'dead-letters.bulk',
    { ...ofJob, '__fanlight.errors.stage': 'sink-s3' },
    false,
  ],
  ['the marker of a replay', 'dead-letters.bulk', ofJob, false],
  ['a result of no job', 'image-tags.bulk', {}, false],
  ['a job without a position', 'image-tags.bulk', { 'fl-job': job }, false],
  ['a position that is none', 'image-tags.bulk', { ...ofJob, 'fl-job-item': 'first' }, false],
  ['a position before the first', 'image-tags.bulk', { ...ofJob, 'fl-job-item': '-1' }, false],
  ['a position behind the last', 'image-tags.bulk', { ...ofJob, 'fl-job-item': '1000000000' }, false],
  ['no position', 'image-tags.bulk', { ...ofJob, 'fl-job-item': '' }, false],
  ['what no gateway calls a job', 'image-tags.bulk', { ...ofJob, 'fl-job': '../photos' }, false],
])('%s', (_name, topic, headers, expected) => {
  expect(isOfJob({ topic, partition: 0, offset: 0n, timestamp: 0, key: null, value: null, headers })).toBe(expected);
});
