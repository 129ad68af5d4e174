import type { Clock } from '../../../primitives/clock.js';
import { FanlightError } from '../../../schemas/failure.js';
import type { Admission } from '../../admission/admission.js';
import type { Reading } from '../../../http/bodies/whole-body.js';
import { inferAnswer, inferAnswerExample, inferAnswerSchema } from '../../inference/infer-answer.js';
import { deadlineMsOf, refuseSequences } from '../../inference/infer-options.js';
import { inferRequestExample, inferRequestSchema } from '../../inference/infer-request.js';
import { inputTensors } from '../../inference/input-tensors.js';
import { referenceOf, type ModelOffer } from '../../inference/model-offer.js';
import { readInferRequest } from '../../inference/read-infer-request.js';
import { wantedOutputs } from '../../inference/wanted-outputs.js';
import type { GatewayLimits } from '../../limits.js';
import type { ModelClient } from '../../ports.js';
import { withDeadline } from '../../../http/requests/deadline.js';
import type { Route } from '../../../http/route.js';
import { serverTiming } from '../server-timing.js';
import { modelRoutes } from './model-route.js';
import { notReady } from './server.js';

export interface InferOptions {
  readonly offers: readonly ModelOffer[];
  readonly client: ModelClient;
  readonly clock: Clock;
  /** How bodies are read. */
  readonly reading: Reading;
  readonly limits: GatewayLimits;
  readonly admission: Admission | undefined;
}

const details = `The first dimension of every input is that of the items, at most \`max_batch_size\` of the model's \`/config\`. Items count as images.

Values stand in the JSON as \`data\`, or as bytes behind the JSON (Triton's binary tensor data): then \`Inference-Header-Content-Length\` says how long the JSON is, \
and \`binary_data_size\` how many bytes each input has. The answer does the same where \`binary_data\` of an output or \`binary_data_output\` asks for it. \
\`classification\` of an output is how many classes of each item are wanted in place of its values (Triton's classification extension): BYTES \`<value>:<index>[:<label>]\`.

The Content-Type of the request is not looked at; a body may be compressed by gzip or deflate, and so is the answer to who accepts that.`;

/** `POST /v2/models/…/infer`: tensors in, what the model says of them out. */
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
        about: 'The same JSON, and behind it the bytes of the inputs.',
      },
    ],
    answers: {
      200: {
        about: 'The outputs.',
        mediaType: 'application/json',
        shapes: [{ name: 'InferAnswer', schema: inferAnswerSchema, example: inferAnswerExample }],
        bytes: {
          mediaType: 'application/octet-stream',
          about: 'The same JSON, and behind it the bytes of the outputs.',
        },
        headers: {
          'server-timing': 'Milliseconds of work and of waiting, and in total (W3C Server Timing).',
          'inference-header-content-length':
            'How many bytes of the body are JSON, when bytes follow; of a compressed body, once it is decompressed.',
          'content-encoding': 'gzip or deflate, of larger answers to who accepts that.',
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
