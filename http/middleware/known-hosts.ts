import type { MiddlewareHandler } from 'hono';
import type { HttpEnv } from '../context.js';
import { isAllowedHost, parseAuthority, type AllowedHosts } from '../hosts.js';
import { ProblemError } from '../problems/problem.js';
import type { Refuse } from './refusal.js';

export interface KnownHostsOptions {
  /** Undefined: every well-formed host is allowed (RFC 9112, 3.2). */
  readonly allowed: AllowedHosts | undefined;
  readonly refuse: Refuse;
}

const quotedCharacters = 100;

/**
 * Refuses requests that name another host (RFC 9110, 15.5.20). This stops DNS rebinding: a web page points its own
 * name at this gateway. The browser then treats the gateway as part of the page's site. Only the host in the request
 * differs.
 */
export function knownHosts({ allowed, refuse }: KnownHostsOptions): MiddlewareHandler<HttpEnv> {
  return async function knownHosts(context, next) {
    const authorities = authoritiesOf(context.req.url, context.req.header('host'));
    const malformed = authorities.find((authority) => parseAuthority(authority) === undefined);
    if (malformed !== undefined) return refuse(malformedHost(malformed), context);
    const forbidden = allowed && authorities.find((authority) => !isAllowed(authority, allowed));
    if (forbidden !== undefined) return refuse(misdirected(forbidden), context);
    await next();
  };
}

/**
 * The authorities of the request target and of the Host field. They differ when the target is in absolute form. Without
 * a Host field, the target has the host that the server listens on; no browser sends such a request.
 */
function authoritiesOf(url: string, host: string | undefined): string[] {
  const { username, password, host: ofTarget } = new URL(url);
  const userinfo = username === '' && password === '' ? '' : `${username}:${password}@`;
  return [...new Set([`${userinfo}${ofTarget}`, host ?? ''])].filter((authority) => authority !== '');
}

function isAllowed(authority: string, allowed: AllowedHosts): boolean {
  const host = parseAuthority(authority);
  return host !== undefined && isAllowedHost(host, allowed);
}

function malformedHost(authority: string): ProblemError {
  return new ProblemError({
    code: 'malformed-request',
    detail: `"${authority.slice(0, quotedCharacters)}" is not one host.`,
    remedy: 'Send one Host field with a name or an IP address, and no userinfo.',
  });
}

function misdirected(authority: string): ProblemError {
  const host = authority.slice(0, quotedCharacters);
  return new ProblemError({
    code: 'misdirected-request',
    detail: `The gateway does not answer for "${host}"; FANLIGHT_HTTP_ALLOWED_HOSTS does not list it.`,
    remedy: 'Use localhost or the address of the gateway, or ask its operator to list the host.',
  });
}
