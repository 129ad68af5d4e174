import type { z } from 'zod';
import type { Environment } from '../../primitives/environment.js';
import { FanlightError } from '../../schemas/failure.js';

/** Validates a plain object. Throws `invalid-configuration` with all problems at once. */
export function parseConfig<Schema extends z.ZodType>(sink: string, schema: Schema, plain: unknown): z.output<Schema> {
  const parsed = schema.safeParse(plain);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'config'}: ${issue.message}`);
  throw new FanlightError({
    code: 'invalid-configuration',
    message: `The configuration of sink ${sink} is wrong: ${problems.join('; ')}.`,
    remedy: 'Correct the settings; docs/operations.md lists their environment variables.',
  });
}

/**
 * Reads settings from the environment: `{ bucket: 'FANLIGHT_S3_BUCKET' }` → `{ bucket: <its value> }`. An empty
 * variable counts as absent.
 */
export function fromEnvironment<Setting extends string>(
  environment: Environment,
  names: Readonly<Record<Setting, string>>,
): Partial<Record<Setting, string>> {
  const settings: Partial<Record<Setting, string>> = {};
  for (const setting of Object.keys(names) as Setting[]) {
    const value = environment[names[setting]];
    if (value !== undefined && value !== '') settings[setting] = value;
  }
  return settings;
}
