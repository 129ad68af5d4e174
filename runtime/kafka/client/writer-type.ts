import avro from 'avsc';
import type { RegistryClient, StoredSchema } from './registry-client.js';

/** Returns the type of a stored schema. Gets the schemas that it refers to. Throws if it is not Avro. */
export async function writerType(
  stored: StoredSchema,
  registry: Pick<RegistryClient, 'versionOf'>,
): Promise<avro.Type> {
  const named: Record<string, avro.Type> = {};
  const seen = new Set<string>();

  async function load({ schema, schemaType = 'AVRO', references = [] }: StoredSchema): Promise<avro.Type> {
    if (schemaType !== 'AVRO') throw new Error(`it is a schema of the type ${schemaType}`);
    // Types that a schema names must be known before it is parsed. Two schemas may refer to the same one.
    for (const reference of references) {
      const key = `${reference.subject}/${reference.version}`;
      if (seen.has(key)) continue;
      seen.add(key);
      await load(await registry.versionOf(reference));
    }
    return avro.Type.forSchema(JSON.parse(schema) as avro.Schema, { registry: named });
  }

  return load(stored);
}
