import type { Shape } from '../route.js';
import type { Content, JsonSchema } from './open-api.js';

export function oneOfShapes(shapes: readonly Pick<Shape, 'name' | 'example'>[]): Content {
  const references = shapes.map(({ name }) => referenceTo(name));
  const [only] = references;
  return {
    schema: references.length === 1 && only !== undefined ? only : { anyOf: references },
    examples: Object.fromEntries(shapes.map(({ name, example }) => [name, { value: example }])),
  };
}

export function referenceTo(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}
