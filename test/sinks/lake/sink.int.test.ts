import { describe, expect, test } from 'vitest';
import { lakeSinkConfig } from '../../../sinks/lake/config.js';
import { createLakeSink } from '../../../sinks/lake/sink.js';
import { sinkConformance } from '../conformance.js';
import { addressOf, cuttableProxy } from '../cuttable-proxy.js';
import { heldLink, httpWrites } from '../held-link.js';
import { tagRecord } from '../records.js';
import { readContainer } from './read-container.js';
import { readObjects, s3Address, s3Client, testBucket } from '../s3-fixture.js';
import { distinct } from '../stored-result.js';

const address = s3Address();

describe.skipIf(address === undefined)('lake', () => {
  if (address === undefined) return;

  sinkConformance({
    name: 'lake',
    keeps: 'history',
    async fixture(scope) {
      const proxy = await cuttableProxy(addressOf(address.endpoint, 80));
      const reader = s3Client(address);
      const settings = { bucket: testBucket, prefix: `${scope}/`, createBucket: true };
      return {
        proxy,
        create: (timeoutMs) =>
          createLakeSink(lakeSinkConfig({ ...settings, timeoutMs }), { client: s3Client(address, proxy) }),
        async former() {
          const link = await heldLink(addressOf(address.endpoint, 80));
          return {
            link,
            sink: createLakeSink(lakeSinkConfig(settings), { client: s3Client(address, link) }),
            writesOf: () => ({ ...httpWrites(/^PUT /), connections: 1 }),
          };
        },
        async read() {
          const objects = await readObjects(reader, settings.prefix);
          const files = [...objects].filter(([key]) => key.endsWith('.avro'));
          const results = (await Promise.all(files.map(([, file]) => readContainer(file)))).flat();
          return results.map(({ imageId, listingId, pipeline, roomType, tags }) => {
            return {
              imageId,
              listingId,
              pipeline,
              roomType: roomType?.name ?? null,
              tags: distinct(tags.map(({ name }) => name)),
            };
          });
        },
        spoil: async (record) => ({ ...record, value: { ...record.value, width: 1024.5 } }),
        async dispose() {
          reader.destroy();
          await proxy.close();
        },
      };
    },
  });

  test('writes the same bytes under the same keys for the same batch', async () => {
    const config = lakeSinkConfig({ bucket: testBucket, prefix: 'bytes/', createBucket: true });
    const sink = createLakeSink(config, { client: s3Client(address) });
    const reader = s3Client(address);
    await sink.open();
    const batch = [tagRecord(7), tagRecord(8), tagRecord(9, {}, { partition: 11 })];
    await sink.write(batch);
    const first = await readObjects(reader, 'bytes/');
    await sink.write(batch);
    expect(await readObjects(reader, 'bytes/')).toEqual(first);
    expect([...first.keys()].sort()).toEqual([
      'bytes/.fanlight/conditional-writes',
      'bytes/image-tags.bulk/partition=0/image-tags.bulk+0+00000000000000000007.avro',
      'bytes/image-tags.bulk/partition=11/image-tags.bulk+11+00000000000000000009.avro',
    ]);
    await sink.close();
    reader.destroy();
  });
});
