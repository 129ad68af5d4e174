import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { request } from 'undici';
import type { Tag } from '../../../schemas/events.js';
import { solrSinkConfig } from '../../../sinks/solr/config.js';
import { solrUpdates } from '../../../sinks/solr/request.js';
import { createSolrService } from '../../../sinks/solr/service.js';
import { createSolrSink } from '../../../sinks/solr/sink.js';
import { sinkConformance } from '../conformance.js';
import { addressOf, cuttableProxy, throughProxy } from '../cuttable-proxy.js';
import { heldLink, httpWrites } from '../held-link.js';
import { startOfTime, tagRecord } from '../records.js';
import { storeAddress } from '../store-address.js';
import { distinct, type StoredResult } from '../stored-result.js';

const url = storeAddress('FANLIGHT_TEST_SOLR_URL')?.replace(/\/$/, '');

type Document = Readonly<Record<string, unknown>>;
interface Answer {
  readonly response: { readonly docs: readonly Document[] };
  readonly facet_counts?: { readonly facet_fields: Readonly<Record<string, readonly (string | number)[]>> };
}

async function post(path: string, body: unknown): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const answer = await request(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${path} answers ${answer.statusCode}: ${text}`);
  return JSON.parse(text) as Answer;
}

/** Commits all updates, then queries. */
async function select(params: Readonly<Record<string, unknown>>): Promise<Answer> {
  await post('/update?softCommit=true', []);
  return post('/select', { params: { rows: 5_000, fl: '*', ...params } });
}

const under = (scope: string) => ({ q: '{!prefix f=listingId v=$scope}', scope });

/** Returns one result for each pipeline that wrote to the document. */
function resultsOf(document: Document): readonly StoredResult[] {
  return Object.keys(document).flatMap((field) => {
    const name = /^pipeline_(.+)_s$/.exec(field)?.[1];
    if (name === undefined) return [];
    return [
      {
        imageId: String(document['id']),
        listingId: String(document['listingId']),
        pipeline: String(document[field]),
        roomType: (document[`roomType_${name}_s`] as string | undefined) ?? null,
        tags: distinct((document[`tags_${name}_ss`] as readonly string[] | undefined) ?? []),
      },
    ];
  });
}

describe.skipIf(url === undefined)('Solr', () => {
  if (url === undefined) return;

  sinkConformance({
    name: 'solr',
    keeps: 'latest',
    async fixture(scope) {
      const proxy = await cuttableProxy(addressOf(url, 8983));
      return {
        proxy,
        create: (timeoutMs) => createSolrSink(solrSinkConfig({ url: throughProxy(url, proxy), timeoutMs })),
        async former() {
          const link = await heldLink(addressOf(url, 8983));
          return {
            link,
            sink: createSolrSink(solrSinkConfig({ url: throughProxy(url, link) })),
            writesOf: () => ({ ...httpWrites(/^POST [^ ]*\/update\?/), connections: 1 }),
          };
        },
        read: async () => (await select(under(scope))).response.docs.flatMap(resultsOf),
        async spoil(record) {
          // Longer than the longest term of the index.
          const immense = { name: 'x'.repeat(40_000), score: 1, model: 'scene@1', box: null };
          return { ...record, value: { ...record.value, tags: [immense] } };
        },
        async dispose() {
          await post('/update', { delete: { query: `{!prefix f=listingId v='${scope}'}` } });
          await proxy.close();
        },
      };
    },
  });

  describe('documents', () => {
    const scope = `docs${process.pid}-`;
    const sink = createSolrSink(solrSinkConfig({ url }));
    const tag = (name: string, score: number): Tag => ({ name, score, model: 'scene@1', box: null });
    beforeAll(() => sink.open());
    afterAll(async () => {
      await post('/update', { delete: { query: `{!prefix f=listingId v='${scope}'}` } });
      await sink.close();
    });
    const result = (image: string, pipeline: string, day: number, tags: readonly Tag[], room: string | null) =>
      tagRecord(0, {
        listingId: `${scope}${image[0]}`,
        imageId: `${scope}${image}`,
        pipeline,
        eventTime: startOfTime + day * 86_400_000,
        tags,
        roomType: room === null ? null : { name: room, score: 0.9 },
      });
    const facets = async (image: string) => {
      const params = { facet: true, 'facet.field': ['tags', 'roomType'], 'facet.mincount': 1, 'facet.sort': 'index' };
      return (await select({ ...under(`${scope}${image}`), ...params })).facet_counts?.facet_fields;
    };

    test('facets count the tags of all pipelines, without the tags that a newer result lacks', async () => {
      await sink.write([result('a1', 'p@1', 1, [tag('stove', 0.9), tag('sink', 0.8)], 'kitchen')]);
      await sink.write([result('a1', 'q@1', 1, [tag('lamp', 0.9)], null)]);
      await sink.write([result('a2', 'p@1', 1, [tag('sink', 0.9)], 'bathroom')]);
      await sink.write([result('a1', 'p@2', 2, [tag('sink', 0.7)], 'bathroom')]);
      expect(await facets('a')).toEqual({ tags: ['lamp', 1, 'sink', 2], roomType: ['bathroom', 2] });
    });

    test('keeps the fields of other writers', async () => {
      await sink.write([result('b', 'p@1', 1, [tag('stove', 0.9)], null)]);
      await post('/update', [{ id: `${scope}b`, city_s: { set: 'Berlin' }, price_i: { set: 12 } }]);
      await sink.write([result('b', 'p@1', 2, [], null)]);
      const { response } = await select({ ...under(`${scope}b`), fl: 'city_s,price_i,tags' });
      expect(response.docs).toEqual([{ city_s: 'Berlin', price_i: 12 }]);
    });

    test('sorts by the score of a tag', async () => {
      await sink.write([
        result('c1', 'p@1', 1, [tag('dining table, board', 0.5)], null),
        result('c2', 'p@1', 1, [tag('dining table, board', 0.9)], null),
        result('c3', 'p@1', 1, [tag('bar|stool', 0.3)], null),
      ]);
      const sort = "payload(scores,'dining table, board',0,max) desc, id asc";
      const { response } = await select({ ...under(`${scope}c`), sort, fl: 'id' });
      expect(response.docs).toEqual(['c2', 'c1', 'c3'].map((image) => ({ id: scope + image })));
    });

    test('an update changes nothing if another writer has changed the photo since the read', async () => {
      const service = createSolrService(solrSinkConfig({ url }));
      const late = result('e', 'p@1', 2, [tag('late', 0.9)], null);
      await sink.write([result('e', 'p@1', 1, [tag('first', 0.9)], null)]);
      const held = await service.read([late.value.imageId], new Set(['p@1']));
      await sink.write([result('e', 'p@1', 3, [tag('newest', 0.9)], null)]);
      const outcome = await service.update(solrUpdates([{ index: 0, record: late }], held));
      expect(outcome).toEqual({ refused: false, applied: new Set() });
      expect(await facets('e')).toEqual({ tags: ['newest', 1], roomType: [] });
      await service.close();
    });

    test('keeps the newer result of each pipeline when several sinks write the same photos at the same time', async () => {
      const others = [1, 2, 3].map(() => createSolrSink(solrSinkConfig({ url })));
      const images = Array.from({ length: 200 }, (_, n) => `d${n}`);
      const all = (pipeline: string, day: number, name: string) =>
        images.map((image) => result(image, pipeline, day, [tag(name, 0.9)], null));
      await Promise.all([
        sink.write(all('p@1', 2, 'newer stove')),
        others[0]?.write(all('p@1', 1, 'older stove')),
        others[1]?.write(all('q@1', 1, 'older lamp')),
        others[2]?.write(all('q@1', 2, 'newer lamp')),
      ]);
      expect(await facets('d')).toEqual({ tags: ['newer lamp', 200, 'newer stove', 200], roomType: [] });
      await Promise.all(others.map((other) => other.close()));
    });
  });

  test('open fails with invalid-configuration for a missing core', async () => {
    const sink = createSolrSink(solrSinkConfig({ url: `${url}-missing` }));
    await expect(sink.open()).rejects.toMatchObject({ code: 'invalid-configuration', kind: 'fatal' });
    await sink.close();
  });
});
