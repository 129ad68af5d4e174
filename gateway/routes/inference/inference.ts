import type { Clock } from '../../../primitives/clock.js';
import { FanlightError } from '../../../schemas/failure.js';
import type { Admission } from '../../admission/admission.js';
import type { BodyReadOptions } from '../../../http/bodies/whole-body.js';
import { inferAnswer, inferAnswerExample, inferAnswerSchema } from '../../inference/infer-answer.js';
import { deadlineMsOf, refuseSequences } from '../../inference/infer-options.js';
import { inferRequestExample, inferRequestSchema } from '../../inference/infer-request.js';
import { inputTensors } from '../../inference/input-tensors.js';
import { referenceOf, type ModelOffer } from '../../inference/model-offer.js';
import { readInferRequest } from '../../inference/infer-request-reader.js';
import { wantedOutputs } from '../../inference/wanted-outputs.js';
import type { GatewayLimits } from '../../limits.js';
import type { ModelClient } from '../../../runtime/replies/request-reply.js';
import { withDeadline } from '../../../http/requests/deadline.js';
import type { Route } from '../../../http/route.js';
import { serverTiming } from '../server-timing.js';
import { modelRoutes } from './model-route.js';
import { notReady } from './server.js';

export interface InferOptions {
  readonly offers: readonly ModelOffer[];
  readonly client: ModelClient;
  readonly clock: Clock;
  /** Options for reading bodies. */
  readonly reading: BodyReadOptions;
  readonly limits: GatewayLimits;
  readonly admission: Admission | undefined;
}

const details = `The first dimension of every input is the number of items, at most \`max_batch_size\` of the model's \`/config\`. Items count as images.

Values are in the JSON as \`data\`, or follow the JSON as bytes (Triton's binary tensor data). In the second case, \`Inference-Header-Content-Length\` is the length of the JSON, \
and \`binary_data_size\` is the number of bytes of each input. Outputs follow the JSON of the answer in the same way if \`binary_data\` of an output or \`binary_data_output\` is true. \
\`classification\` of an output asks for this many classes of each item instead of the values (Triton's classification extension): BYTES \`<value>:<index>[:<label>]\`.

The gateway ignores the Content-Type of the request. A body may be compressed by gzip or deflate. The answer is compressed if the client accepts that.`;

/** `POST /v2/models/…/infer`: runs a model on tensors and returns its outputs. */
export function inferRoutes({ offers, client, clock, reading, limits, admission }: InferOptions): Route[] {
  const schema = inferRequestSchema(limits);
  return modelRoutes(offers, {
    method: 'POST',
    path: '/infer',
    id: 'infer',
    compress: true,
    about: 'Open Inference Protocol: runs a model on tensors.',
    details,
    forms: [
      {
        kind: 'json',
        mediaTypes: ['application/json'],
        limitBytes: limits.inferenceBytes,
        alternatives: [{ name: 'InferRequest', key: 'inputs', schema, example: inferRequestExample }],
      },
      {
        kind: 'bytes',
        mediaTypes: ['application/octet-stream'],
        about: 'The same JSON, followed by the bytes of the inputs.',
      },
    ],
    answers: {
      200: {
        about: 'The outputs.',
        mediaType: 'application/json',
        shapes: [{ name: 'InferAnswer', schema: inferAnswerSchema, example: inferAnswerExample }],
        bytes: {
          mediaType: 'application/octet-stream',
          about: 'The same JSON, followed by the bytes of the outputs.',
        },
        headers: {
          'server-timing': 'Work and waiting time, and total time (ms, W3C Server Timing).',
          'inference-header-content-length':
            'Number of bytes of JSON, if binary values follow; for a compressed body, after decompression.',
          'content-encoding': 'gzip or deflate, for larger answers if the client accepts that.',
        },
      },
    },
    problems: [
      'malformed-json',
      'invalid-request',
      'too-large',
      'unsupported-media-type',
      'not-ready',
      'overloaded',
      'deadline-exceeded',
      'insufficient-memory',
    ],
    async handle(context, offer) {
      const { trace, startedAt } = context.get('facts');
      const caller = context.get('caller');
      if (!client.ready()) throw notReady();
      const read = await readInferRequest(context.get('body'), context.req.raw.headers, {
        ...reading,
        offer,
        schema,
        limits,
      });
      const { request } = read;
      refuseSequences(request);
      const deadlineMs = deadlineMsOf(request, limits);
      const wanted = wantedOutputs(offer, request);
      const input = inputTensors(offer, read);
      const leave = admission?.enter({ images: 1, deadlineMs, client: caller.client });
      try {
        await caller.chargeImages(input.items);
        const output = await withDeadline(
          { clock, deadlineMs, client: context.req.raw.signal, late: () => tooLate(offer, deadlineMs) },
          (deadline, signal) =>
            client.infer(input, {
              deadline,
              signal,
              traceparent: trace.traceparent,
              ...(caller.client === undefined ? {} : { client: caller.client }),
            }),
        );
        const { body, headers } = inferAnswer(output, wanted, request.id);
        return context.body(body, 200, {
          ...headers,
          'server-timing': serverTiming(output.timings, clock.now() - startedAt),
        });
      } finally {
        leave?.();
      }
    },
  });
}

function tooLate(offer: ModelOffer, deadlineMs: number): FanlightError {
  return new FanlightError({
    code: 'deadline-exceeded',
    message: `${referenceOf(offer)} did not answer within ${deadlineMs} ms.`,
    remedy: 'Try again, or allow more time with the parameter timeout.',
  });
}
