import { ProblemError } from '../problems/problem.js';
import type { RequestForm } from './forms.js';
import { refuseHeic } from './image-format.js';

/**
 * The form that the header fields announce. When no form matches, throws `unsupported-media-type`, or
 * `unsupported-format` for HEIC.
 */
export function formOf<Form extends RequestForm>(headers: Headers, forms: readonly Form[]): Form {
  const accepted = forms.flatMap(({ mediaTypes }) => mediaTypes).join(', ');
  const remedy = `Send one of ${accepted}, without a content encoding.`;
  // RFC 9110, 15.5.16: the answer lists the supported types or encodings in Accept or Accept-Encoding.
  const unsupported = (detail: string, understood: Readonly<Record<string, string>>) =>
    new ProblemError({ code: 'unsupported-media-type', detail, remedy, headers: understood });

  const encoding = headers.get('content-encoding') ?? 'identity';
  if (encoding.trim().toLowerCase() !== 'identity') {
    throw unsupported(`The body has the content encoding "${shorten(encoding)}".`, { 'accept-encoding': 'identity' });
  }
  const given = headers.get('content-type');
  if (given === null) throw unsupported('The request has no Content-Type.', { accept: accepted });
  const mediaType = given.split(';', 1).join('').trim().toLowerCase();
  const form = forms.find(({ mediaTypes }) => mediaTypes.includes(mediaType));
  if (form === undefined) refuseHeic(mediaType);
  if (form === undefined) throw unsupported(`The body has the media type "${shorten(given)}".`, { accept: accepted });
  return form;
}

/**
 * Throws `not-acceptable` unless the Accept header admits JSON. By RFC 9110, 12.5.1, the most specific range decides, a
 * weight of 0 refuses, and a missing header admits everything.
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

/** Bounds quoted text, so that the answer is not as long as the request. */
function shorten(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}
