import { z } from 'zod';
import type { ListingImage } from '../../schemas/events.js';
import { longestLine, type Line } from '../client/lines.js';

export type ParsedLine =
  | { readonly kind: 'event'; readonly event: ListingImage }
  | { readonly kind: 'invalid'; readonly line: number; readonly problems: readonly string[] };

/** Parses one line of an events file: a JSON object with exactly the fields of a listing-image event. */
export function eventLineParser(pipelines: readonly string[]): (line: Line) => ParsedLine {
  const id = z.string().min(1, 'must not be empty');
  const schema = z.strictObject({
    listingId: id,
    imageId: id,
    url: z.string().regex(/^(https?|s3):\/\/[^/]/i, 'must start with http://, https:// or s3:// and a host or bucket'),
    pipeline: z.enum(pipelines).optional(),
    attributes: z.record(z.string(), z.string()).optional(),
  });

  return function parseEventLine({ number, text }) {
    if (text.length >= longestLine)
      return { kind: 'invalid', line: number, problems: [`the line is longer than ${longestLine} characters`] };
    const json = parseJson(text);
    if ('problem' in json) return { kind: 'invalid', line: number, problems: [json.problem] };
    const parsed = schema.safeParse(json.value);
    if (!parsed.success) return { kind: 'invalid', line: number, problems: parsed.error.issues.map(describeIssue) };
    const { pipeline = null, attributes = {}, ...event } = parsed.data;
    return { kind: 'event', event: { ...event, content: null, pipeline, attributes } };
  };
}

function parseJson(text: string): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { problem: `not JSON: ${(error as Error).message}` };
  }
}

function describeIssue({ path, message }: z.core.$ZodIssue): string {
  const text = message.charAt(0).toLowerCase() + message.slice(1);
  return path.length === 0 ? text : `${path.join('.')}: ${text}`;
}
