import { ProblemError } from '../problems/problem.js';

const imageTypes = ['image/jpeg', 'image/png', 'image/webp', 'application/octet-stream'] as const;
const accepted = ['application/json', ...imageTypes].join(', ');

/** Whether the body is a JSON document or an image file. Throws `unsupported-media-type`. */
export function bodyKind(headers: Headers): 'json' | 'image' {
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (encoding.trim().toLowerCase() !== 'identity') {
    throw unsupported(`The body has the content encoding "${shorten(encoding)}".`, { 'accept-encoding': 'identity' });
  }
  const given = headers.get('content-type');
  if (given === null) throw unsupported('The request has no Content-Type.', { accept: accepted });
  const mediaType = given.split(';', 1).join('').trim().toLowerCase();
  if (mediaType === 'application/json') return 'json';
  if ((imageTypes as readonly string[]).includes(mediaType)) return 'image';
  throw unsupported(`The body has the media type "${shorten(given)}".`, { accept: accepted });
}

function unsupported(detail: string, headers: Readonly<Record<string, string>>) {
  // RFC 9110, 15.5.16: the answer says by Accept or Accept-Encoding what would have been understood.
  const remedy = `Send one of ${accepted}, without a content encoding.`;
  return new ProblemError({ code: 'unsupported-media-type', detail, remedy, headers });
}

/**
 * Throws `not-acceptable` unless the Accept header admits JSON (RFC 9110, 12.5.1: the most specific range decides, a
 * weight of 0 refuses, no header admits all).
 */
export function requireJsonAccepted(accept: string | undefined): void {
  if (accept === undefined || accept.trim() === '') return;
  const weights = new Map(accept.split(',').map(rangeOf));
  const weight = weights.get('application/json') ?? weights.get('application/*') ?? weights.get('*/*') ?? 0;
  if (weight > 0) return;
  throw new ProblemError({
    code: 'not-acceptable',
    detail: `The answer is application/json, which "${shorten(accept)}" does not admit.`,
    remedy: 'Send "Accept: application/json", or no Accept header.',
  });
}

function rangeOf(text: string): readonly [range: string, weight: number] {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
  return [range, Number.isNaN(weight) ? 1 : weight];
}

/** Quoting what a stranger sent must not make the answer as long as the request. */
function shorten(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}
