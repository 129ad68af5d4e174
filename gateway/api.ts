import type { Api } from '../http/openapi/api.js';
import type { Parameter } from '../http/openapi/open-api.js';
import type { ProblemCode } from '../http/problems/problem.js';
import type { Route } from '../http/route.js';
import { defaultAnswerBounds } from './idempotency/answer-bounds.js';
import { idempotencyHeader } from './idempotency/idempotent-handler.js';

/** Problems of the `Idempotency-Key`, which every POST may carry. */
const idempotencyProblems: readonly ProblemCode[] = [
  'invalid-idempotency-key',
  'idempotency-conflict',
  'idempotency-key-reused',
  'idempotency-unavailable',
];

const idempotencyParameter: Parameter = {
  name: idempotencyHeader,
  in: 'header',
  required: false,
  description:
    'A key that the client chooses, such as a UUID. The gateway carries out one request with the key. ' +
    'A repetition within a day gets the same answer, with `Idempotency-Replayed`, ' +
    'as long as the answers of the client fit into its budget. ' +
    `An answer above ${defaultAnswerBounds.maxAnswerBytes / 1024} KiB (gzip) is not kept; a repetition is then carried out again.`,
  schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
};

/** The interface that `/openapi.json` and `/docs` describe. */
export function gatewayApi(routes: readonly Route[]): Api {
  return {
    title: 'Fanlight',
    description:
      'Tags photos of homes. Errors are problem details (RFC 9457) with a stable `type` and a remedy. Under `/v2`, the Open Inference Protocol, an error is one text.',
    routes,
    posts: { parameters: [idempotencyParameter], problems: idempotencyProblems },
  };
}
