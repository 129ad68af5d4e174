import { expect, it } from 'vitest';
import { rowIds } from '../../chaos/oracle/lake-rows.js';
import { makeResults } from '../../chaos/load/results.js';
import { loadSchema } from '../../schemas/schema-files.js';
import { avroContainer, avroEncoder } from '../../sinks/lake/avro-container.js';

const results = makeResults(1_200, 'photo', 0); // more than one block
const encoder = avroEncoder(loadSchema('image-tags'));
const file = () =>
  avroContainer(
    encoder.schema,
    results.map(({ tags }) => encoder.encode(tags)),
    'name',
    {},
  );

it('reads the id of every row of a file of the lake', async () => {
  expect(await rowIds(await file())).toEqual(results.map(({ id }) => id));
});

it('refuses a file that is cut off', async () => {
  const whole = await file();
  await expect(rowIds(whole.subarray(0, whole.length - 100))).rejects.toThrow();
  await expect(rowIds(whole.subarray(0, 40))).rejects.toThrow('it is cut off');
});
