import type { JsonSchema } from './open-api.js';

export interface Field {
  /** Path such as `tags[].name`: `[]` stands for each element of a list, `.*` for each entry of a map. */
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly about: string;
}

/** Every field that the JSON schema of an object describes, nested fields included. */
export function fieldsOf(schema: JsonSchema, prefix = ''): Field[] {
  const { required } = schema;
  return Object.entries(objectIn(schema, 'properties')).flatMap(([name, property]) => {
    const path = `${prefix}${name}`;
    const about = typeof property['description'] === 'string' ? property['description'] : '';
    return [
      { path, type: typeText(property), required: Array.isArray(required) && required.includes(name), about },
      ...fieldsInside(property, path),
    ];
  });
}

function fieldsInside(schema: JsonSchema, path: string): Field[] {
  const { items, additionalProperties, anyOf } = schema;
  return [
    ...fieldsOf(schema, `${path}.`),
    ...(isSchema(items) ? fieldsInside(items, `${path}[]`) : []),
    ...(isSchema(additionalProperties) ? fieldsInside(additionalProperties, `${path}.*`) : []),
    ...(Array.isArray(anyOf) ? anyOf.flatMap((each: JsonSchema) => fieldsInside(each, path)) : []),
  ];
}

/** A type in words: "text, at most 256 characters", "list of Tags, 1 to 16". */
export function typeText(schema: JsonSchema): string {
  const { type, $ref, anyOf, const: only, enum: values } = schema;
  if (typeof $ref === 'string') return $ref.split('/').at(-1) ?? $ref;
  if (Array.isArray(anyOf)) return anyOf.map((each: JsonSchema) => typeText(each)).join(', or ');
  if (only !== undefined) return JSON.stringify(only);
  if (Array.isArray(values))
    return values.length > 8 ? 'text, one of a list' : values.map((value) => JSON.stringify(value)).join(' or ');
  switch (type) {
    case 'string':
      return `text${range(schema, 'minLength', 'maxLength', ' characters')}`;
    case 'integer':
    case 'number':
      return `${type === 'integer' ? 'whole number' : 'number'}${range(schema, 'minimum', 'maximum', '')}`;
    case 'array':
      return `list of ${isSchema(schema['items']) ? typeText(schema['items']) : 'anything'}${range(schema, 'minItems', 'maxItems', '')}`;
    case 'object':
      return isSchema(schema['additionalProperties'])
        ? `map from names to ${typeText(schema['additionalProperties'])}`
        : 'object';
    default:
      return typeof type === 'string' ? type : 'anything';
  }
}

function range(schema: JsonSchema, least: string, most: string, unit: string): string {
  const [low, high] = [schema[least], schema[most]].map((bound) =>
    typeof bound === 'number' && Math.abs(bound) < Number.MAX_SAFE_INTEGER ? bound : undefined,
  );
  if (low !== undefined && high !== undefined) return `, ${low} to ${high}${unit}`;
  if (low !== undefined) return `, at least ${low}${unit}`;
  return high === undefined ? '' : `, at most ${high}${unit}`;
}

function objectIn(schema: JsonSchema, name: string): Readonly<Record<string, JsonSchema>> {
  return isSchema(schema[name]) ? (schema[name] as Readonly<Record<string, JsonSchema>>) : {};
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
