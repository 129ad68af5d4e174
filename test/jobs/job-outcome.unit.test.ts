import { expect, it } from 'vitest';
import { isOfJob } from '../../jobs/results/job-outcome.js';

const job = '018bcfe56800000000000000000000aa';
const ofJob = { 'fl-job': job, 'fl-job-item': '7' };

it.each<[string, string, Record<string, string>, boolean]>([
  ['a result', 'image-tags.bulk', ofJob, true],
  ['a cancelled image', 'cancelled-images.bulk', ofJob, true],
  ['a dead letter of a stage', 'dead-letters.bulk', { ...ofJob, '__fanlight.errors.stage': 'infer' }, true],
  [
    'a dead letter of a sink (the image was tagged)',
    'dead-letters.bulk',
    { ...ofJob, '__fanlight.errors.stage': 'sink-s3' },
    false,
  ],
  ['a replay marker', 'dead-letters.bulk', ofJob, false],
  ['a result without a job', 'image-tags.bulk', {}, false],
  ['a job without a position', 'image-tags.bulk', { 'fl-job': job }, false],
  ['a position that is not a number', 'image-tags.bulk', { ...ofJob, 'fl-job-item': 'first' }, false],
  ['a negative position', 'image-tags.bulk', { ...ofJob, 'fl-job-item': '-1' }, false],
  ['a position of ten digits', 'image-tags.bulk', { ...ofJob, 'fl-job-item': '1000000000' }, false],
  ['an empty position', 'image-tags.bulk', { ...ofJob, 'fl-job-item': '' }, false],
  ['a job header that is not a job id', 'image-tags.bulk', { ...ofJob, 'fl-job': '../photos' }, false],
])('recognizes whether a record is the outcome of a job image: %s', (_name, topic, headers, expected) => {
  expect(isOfJob({ topic, partition: 0, offset: 0n, timestamp: 0, key: null, value: null, headers })).toBe(expected);
});
