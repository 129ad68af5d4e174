import type { MiddlewareHandler } from 'hono';
import type { HttpContext, HttpEnv } from '../context.js';
import { ProblemError } from '../problems/problem.js';
import type { Refuse } from './refusal.js';

export interface KnownPagesOptions {
  readonly allowedOrigins: readonly string[];
  readonly refuse: Refuse;
}

/** Methods that change nothing (RFC 9110, 9.2.1). Without CORS, no page can read their answers. */
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
const quotedCharacters = 100;

/**
 * Refuses requests that a page of another site makes a browser send. The page cannot read the answer, but the gateway
 * would do the work: browsers send a POST with a text/plain body, or without a body, without a preflight. Only a
 * gateway without keys needs this check, because a foreign page has no key and browsers add none.
 */
export function knownPages({ allowedOrigins, refuse }: KnownPagesOptions): MiddlewareHandler<HttpEnv> {
  return async function knownPages(context, next) {
    const origin = context.req.header('origin');
    const isRefused = !safeMethods.has(context.req.method) && isForeign(context, origin, allowedOrigins);
    if (isRefused) return refuse(forbiddenOrigin(origin), context);
    await next();
  };
}

/**
 * Whether a page of another site caused the request. `Sec-Fetch-Site` is the browser's own judgement, which also holds
 * behind a proxy that ends TLS. Old browsers send only `Origin`, as do all browsers over plain HTTP to another machine.
 * Programs send neither.
 */
function isForeign({ req }: HttpContext, origin: string | undefined, allowedOrigins: readonly string[]): boolean {
  if (origin !== undefined && allowedOrigins.includes(origin)) return false;
  const site = req.header('sec-fetch-site');
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === new URL(req.url).host);
}

function forbiddenOrigin(origin: string | undefined): ProblemError {
  const pages = origin === undefined ? 'pages of other sites' : `pages of "${origin.slice(0, quotedCharacters)}"`;
  return new ProblemError({
    code: 'forbidden-origin',
    detail: `The gateway needs no key, so it accepts only GET, HEAD and OPTIONS from ${pages}.`,
    remedy:
      "Send the request from a program, or ask the gateway's operator to list the origin in FANLIGHT_HTTP_ALLOWED_ORIGINS.",
  });
}
