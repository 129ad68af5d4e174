import type { MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { Gauge, Histogram } from 'prom-client';
import type { Clock } from '../../primitives/clock.js';
import type { RequestFailure, HttpContext, HttpEnv } from '../context.js';
import { problemTypes } from '../problems/problem.js';

export type GatewayLogger = Pick<Logger, 'debug' | 'info' | 'error'>;

export interface ObserveOptions {
  readonly clock: Clock;
  readonly metrics: Registry;
  readonly logger: GatewayLogger;
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** The log has this many characters of a path, because a path may have 16 KiB. */
const loggedPathCharacters = 200;
/** Paths that machines poll every few seconds. They are logged at level debug only. */
const probes = new Set(['/healthz', '/readyz', '/metrics', '/v2/health/live', '/v2/health/ready']);

/** Writes one log line and one observation for each request. Metric names follow OpenTelemetry's HTTP conventions. */
export function observe({ clock, metrics, logger }: ObserveOptions): MiddlewareHandler<HttpEnv> {
  const duration = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Time from the arrival of a request to its answer (s).',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60],
    registers: [metrics],
  });
  const active = new Gauge({
    name: 'http_server_active_requests',
    help: 'Requests in flight.',
    registers: [metrics],
  });

  function log(context: HttpContext, durationMs: number) {
    const { requestId, trace } = context.get('facts');
    const { status } = context.res;
    const failure = context.get('failure');
    const { client } = context.get('caller');
    const imageFailures = context.get('imageFailures') ?? [];
    const line = {
      method: context.req.method,
      path: context.req.path.slice(0, loggedPathCharacters),
      status,
      durationMs,
      ...(client === undefined ? {} : { client }),
      requestId,
      trace_id: trace.traceId,
      span_id: trace.spanId,
      ...(failure === undefined ? {} : { code: failure.code }),
      ...(imageFailures.length === 0 ? {} : { failed: countsOf(imageFailures) }),
    };
    for (const { code, thrown } of imageFailures) {
      if (problemTypes[code].status === 500)
        logger.error({ code, requestId, trace_id: trace.traceId, err: thrown }, 'image failed');
    }
    // Overload is not a defect to investigate, and a stack trace for each refusal would add to the load.
    if (status >= 500 && failure?.code !== 'overloaded')
      logger.error({ ...line, err: failure?.thrown }, 'request failed');
    else if (probes.has(line.path)) logger.debug(line, 'request');
    else logger.info(line, 'request');
  }

  return async function observe(context, next) {
    active.inc();
    await next();
    active.dec();
    const durationMs = clock.now() - context.get('facts').startedAt;
    duration.observe(
      {
        // Clients choose methods and paths. Without a bound, unknown ones would create series without limit.
        http_request_method: knownMethods.has(context.req.method) ? context.req.method : '_OTHER',
        http_route: context.get('route') ?? '',
        http_response_status_code: context.res.status,
      },
      durationMs / 1000,
    );
    log(context, durationMs);
  };
}

function countsOf(failures: readonly RequestFailure[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code } of failures) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}
