import { expect, test } from 'vitest';
import { fanlightTopology } from '../../topology/main.js';
import { samplePhoto } from '../support/samples.js';
import { tagPhoto } from '../support/tag-photo.js';

test.each([...fanlightTopology('staged').pipelines.keys()])(
  '%s tags a photo and names the models that ran',
  async (pipeline) => {
    const result = await tagPhoto(pipeline, samplePhoto('exterior'));
    expect(result).toMatchObject({ pipeline, format: 'jpeg', width: 800, height: 533, cached: [] });
    expect(result.models).not.toEqual([]);
  },
);

test('the error for an unknown pipeline names the pipeline', async () => {
  await expect(tagPhoto('no-such-pipeline@1', samplePhoto('exterior'))).rejects.toThrow('no-such-pipeline@1');
});
