import { gatewayApi } from './api.js';
import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { Gauge, type Registry } from 'prom-client';
import type { Clock } from '../primitives/clock.js';
import { LoopTurns } from '../primitives/loop-turns.js';
import type { RandomHex } from '../primitives/trace-context.js';
import { FanlightError } from '../schemas/failure.js';
import type { Admission } from './admission/admission.js';
import { createBodyMemory, type BodyMemory } from '../http/bodies/memory.js';
import type { BodyReadOptions } from '../http/bodies/whole-body.js';
import type { Guard } from '../http/clients/guard.js';
import type { HttpContext, HttpEnv } from '../http/context.js';
import type { KeptAnswers } from './idempotency/kept-answers.js';
import { once, type OnceOptions } from './idempotency/idempotent-handler.js';
import type { AllowedHosts } from '../http/hosts.js';
import type { GatewayLimits } from './limits.js';
import { afterBody } from '../http/middleware/body-end.js';
import type { GatewayLogger } from '../http/middleware/observation.js';
import { compress } from '../http/middleware/compression.js';
import { crossOrigin } from '../http/middleware/cross-origin.js';
import { knownHosts } from '../http/middleware/known-hosts.js';
import { knownPages } from '../http/middleware/known-pages.js';
import { observe } from '../http/middleware/observation.js';
import { requestBody } from '../http/middleware/request-body.js';
import { requestFacts } from '../http/middleware/request-facts.js';
import type { JobServices } from './jobs/job-services.js';
import { createAsyncAnswers } from './jobs/async-answers.js';
import { jobRoutes } from './jobs/routes.js';
import type { PipelineOffer, PipelineOffers } from './pipelines.js';
import type { Tagger, UploadStore } from '../runtime/replies/request-reply.js';
import { errorFormOf, problemDetails, type ErrorForm } from '../http/problems/error-form.js';
import { problemOf, type ProblemError } from '../http/problems/problem.js';
import { ClientGoneError } from '../http/requests/client-gone.js';
import type { Route } from '../http/route.js';
import { createTagsRoute } from './routes/tags.js';
import { healthRoute, readyRoute } from './routes/health.js';
import { inferenceRoutes, type InferenceRoutesOptions } from './routes/inference/routes.js';
import { indexRoute } from '../http/routes/index-page.js';
import { metricsRoute } from '../http/routes/metrics.js';
import { openApiRoute } from '../http/routes/openapi.js';
import { pipelinesRoute } from './routes/pipelines.js';
import { problemPageRoute } from '../http/routes/problem-page.js';
import { referenceRoute } from '../http/routes/reference.js';
import { noSuchRoute, otherMethods } from '../http/routes/unrouted-requests.js';

export interface GatewayOptions {
  readonly tagger: Tagger;
  readonly clock: Clock;
  /** Pipelines that clients may name; the first is the default. */
  readonly pipelines: readonly PipelineOffer[];
  readonly limits: GatewayLimits;
  /** Without it, the gateway has no inference routes (`/v2`). */
  readonly models?: InferenceRoutesOptions;
  /** Without it, images above `limits.inlineBytes` are refused. */
  readonly images?: UploadStore;
  /** Admission control for images. Without it, the gateway refuses no image because of overload. */
  readonly admission?: Admission;
  /** Without it, requests with an `Idempotency-Key` are refused. */
  readonly answers?: KeptAnswers;
  /** Without it, there are no routes for jobs. */
  readonly jobs?: JobServices;
  /** Without it, the gateway needs no keys and applies no limits of clients. */
  readonly guard?: Guard;
  /** Without it, requests may name any host. */
  readonly allowedHosts?: AllowedHosts;
  /** Origins whose pages may use the gateway; `*` stands for all. Default: none, and no answer has a CORS field. */
  readonly allowedOrigins?: readonly string[];
  /** Registry for the gateway's metrics; /metrics shows it. */
  readonly metrics: Registry;
  readonly logger: GatewayLogger;
  /** Cryptographically strong source of request and trace ids. */
  readonly randomHex: RandomHex;
}

/** Creates the HTTP app of the gateway. Throws `invalid-configuration` when there is no pipeline. */
export function createGateway(options: GatewayOptions): Hono<HttpEnv> {
  const { clock, guard, answers, limits, metrics, logger, randomHex, allowedHosts, allowedOrigins = [] } = options;
  const app = new Hono<HttpEnv>();
  app.use(requestFacts({ clock, randomHex }));
  app.use(observe({ clock, metrics, logger }));
  const refuse = (error: ProblemError, context: HttpContext) =>
    answerProblem(error, context, errorFormOf(context.req.path));
  app.use(knownHosts({ allowed: allowedHosts, refuse }));
  if (allowedOrigins.length > 0) app.use(crossOrigin(allowedOrigins));
  if (guard === undefined) app.use(knownPages({ allowedOrigins, refuse }));
  app.use(requestBody(measured(createBodyMemory(limits.bodyMemoryBytes), metrics)));
  const { bodyMs: totalMs, bodyBytesPerSecond: bytesPerSecond, bodyGraceMs: graceMs } = limits;
  const reading: BodyReadOptions = { clock, turns: new LoopTurns(), pace: { totalMs, bytesPerSecond, graceMs } };
  const routes = routesOf(options, reading);
  // A repeated request may be a job with lines, whose body has longer time limits.
  const idempotency = {
    answers,
    clock,
    reading: { ...reading, pace: { totalMs: limits.jobMs, idleMs: limits.jobIdleMs } },
  };
  for (const route of routes) app.on(route.method, route.path, routed(route, guarded(route, guard, idempotency)));
  for (const path of new Set(routes.map((route) => route.path))) {
    const atPath = routes.filter((route) => route.path === path);
    app.all(path, routed({ path, errors: atPath[0]?.errors }, otherMethods(atPath)));
  }
  app.notFound((context) => answerProblem(noSuchRoute(context), context, errorFormOf(context.req.path)));
  // Only a defect in the middleware itself reaches this handler. The request may have been logged as answered by then.
  app.onError((error, context) => {
    logger.error({ err: error }, 'middleware failed');
    return answerProblem(error, context, problemDetails);
  });
  return app;
}

function measured(memory: BodyMemory, metrics: Registry): BodyMemory {
  new Gauge({
    name: 'fanlight_gateway_body_memory_bytes',
    help: 'Memory taken by the bodies of requests (bytes).',
    registers: [metrics],
    collect() {
      this.set(memory.taken);
    },
  });
  return memory;
}

function routesOf(
  { tagger, clock, pipelines, limits, models, images, admission, jobs, metrics, randomHex }: GatewayOptions,
  reading: BodyReadOptions,
): readonly Route[] {
  const [first, ...more] = pipelines;
  if (first === undefined) {
    throw new FanlightError({
      code: 'invalid-configuration',
      message: 'The gateway has no pipeline.',
      remedy: 'Name at least one pipeline, such as listing-photo@1.',
    });
  }
  const offers: PipelineOffers = [first, ...more];
  const routes: readonly Route[] = [
    indexRoute(() => routes),
    openApiRoute(() => gatewayApi(routes)),
    referenceRoute(() => gatewayApi(routes)),
    createTagsRoute({
      tagger,
      clock,
      reading,
      pipelines: offers,
      limits,
      images,
      admission,
      later: jobs && createAsyncAnswers({ jobs, clock, randomHex }),
    }),
    ...(jobs === undefined ? [] : jobRoutes({ jobs, clock, reading, randomHex, pipelines: offers, limits })),
    pipelinesRoute({ pipelines: offers }),
    ...(models === undefined ? [] : inferenceRoutes(models, { clock, reading, limits })),
    problemPageRoute(),
    healthRoute(),
    readyRoute({ tagger }),
    metricsRoute({ metrics }),
  ];
  return routes;
}

function guarded(route: Route, guard: Guard | undefined, idempotency: OnceOptions): Route['handle'] {
  const { method, scope, compress: compresses, streams = false, handle: plain } = route;
  const idempotent = method === 'POST' ? once(plain, idempotency) : plain;
  // Compression is outermost: a kept answer is uncompressed, so a client with another encoding can read it.
  const handle = compresses === true ? compress(idempotent) : idempotent;
  if (scope === null || guard === undefined) return handle;
  return async function guarded(context) {
    const { caller, release } = await guard.admit(context, scope);
    context.set('caller', caller);
    let answer: Response;
    try {
      answer = await handle(context);
    } catch (thrown) {
      release();
      throw thrown;
    }
    // Hono drops the body of an answer to HEAD without reading it, so `afterBody` would never release.
    if (streams && context.req.method !== 'HEAD') return afterBody(answer, release);
    release();
    return answer;
  };
}

function routed(
  { path, errors = problemDetails }: { readonly path: string; readonly errors?: ErrorForm | undefined },
  handle: Route['handle'],
): Route['handle'] {
  return async function routed(context) {
    context.set('route', path);
    try {
      return await handle(context);
    } catch (thrown) {
      // Handled here and not in onError: Hono passes thrown values that are not Errors on to the server.
      return answerProblem(thrown, context, errors);
    }
  };
}

function answerProblem(error: unknown, context: HttpContext, form: ErrorForm): Response {
  const { requestId } = context.get('facts');
  const { problem, headers } = problemOf(error, requestId);
  context.set('failure', { code: problem.code, thrown: error });
  // The client has gone. Status 499 (nginx: client closed request) separates these requests from failures of the
  // gateway in log and metrics.
  if (error instanceof ClientGoneError || context.req.raw.signal.aborted) return new Response(null, { status: 499 });
  return context.body(JSON.stringify(form.render(problem)), problem.status as ContentfulStatusCode, {
    ...headers,
    'content-type': form.mediaType,
  });
}
