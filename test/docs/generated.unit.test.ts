import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { generateDocs, withSections } from '../../scripts/generated-docs.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const specification = JSON.parse(read('test/docs/vendor/asyncapi-3.0.0.schema.json')) as object;
// The specification mentions formats that Ajv does not know, and its Avro part has members that strict mode refuses.
const validate = new Ajv({ strict: false, validateFormats: false }).compile(specification);

interface Document {
  readonly channels: Readonly<
    Record<string, { readonly messages: object; readonly bindings: { readonly kafka: { partitions: number } } }>
  >;
  readonly operations: Readonly<
    Record<string, { readonly channel: { $ref: string }; readonly messages: readonly { $ref: string }[] }>
  >;
  readonly components: {
    readonly messages: Readonly<Record<string, { readonly payload?: { readonly schema: object } }>>;
  };
}
const document = () => parse(read('docs/asyncapi.yaml')) as Document;

describe('generated docs', () => {
  it.each(Object.entries(generateDocs()))('%s equals the output of scripts/generated-docs.ts', (path, text) => {
    expect(read(path)).toBe(text);
  });

  it('rejects sections that are missing, duplicate or without content', () => {
    const section = '<!-- generated: a -->\n<!-- end -->\n';
    expect(withSections(section, { a: 'x' })).toBe('<!-- generated: a -->\n\nx\n\n<!-- end -->\n');
    expect(() => withSections('', { a: 'x' })).toThrow('exactly once: a');
    expect(() => withSections(section + section, { a: 'x' })).toThrow('exactly once: a');
    expect(() => withSections(section, {})).toThrow('no content is generated for the section a');
  });
});

describe('docs/asyncapi.yaml', () => {
  it('conforms to the AsyncAPI 3.0 specification', () => {
    expect(validate(document()), JSON.stringify(validate.errors?.slice(0, 5), null, 1)).toBe(true);
  });

  it.each<[string, (valid: Document) => object]>([
    ['a misspelt member', (valid) => ({ ...valid, chanels: {} })],
    [
      'an operation without an action',
      (valid) => ({ ...valid, operations: { a: { channel: { $ref: '#/channels/x' } } } }),
    ],
    [
      'an Avro record without fields',
      (valid) => ({
        ...valid,
        components: {
          messages: {
            a: {
              payload: {
                schemaFormat: 'application/vnd.apache.avro;version=1.9.0',
                schema: { type: 'record', name: 'A' },
              },
            },
          },
        },
      }),
    ],
  ])('does not conform with %s', (_name, spoil) => {
    expect(validate(spoil(document()))).toBe(false);
  });

  it('has no broken references', () => {
    const whole = document();
    const references = [...read('docs/asyncapi.yaml').matchAll(/\$ref: "?'?#\/([^"'\n]+)/g)].map(
      (match) => match[1] ?? '',
    );
    const broken = references.filter(
      (path) =>
        path.split('/').reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], whole) ===
        undefined,
    );
    expect({ broken, some: references.length > 20 }).toEqual({ broken: [], some: true });
  });

  it('has the public topics of every lane and no others', () => {
    const lanes = ['realtime', 'bulk', 'backfill'];
    expect(Object.keys(document().channels).sort()).toEqual(
      ['listing-images', 'image-tags', 'dead-letters'].flatMap((name) => lanes.map((lane) => `${name}.${lane}`)).sort(),
    );
  });

  it('carries the registered Avro schemas', () => {
    const { messages } = document().components;
    expect(messages['listingImage']?.payload?.schema).toEqual(JSON.parse(read('schemas/listing-image.avsc')));
    expect(messages['imageTags']?.payload?.schema).toEqual(JSON.parse(read('schemas/image-tags.avsc')));
  });
});
