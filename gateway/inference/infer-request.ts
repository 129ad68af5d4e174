import { z } from 'zod';
import type { GatewayLimits } from '../limits.js';

const parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/**
 * The JSON of an inference request, without the tensors' values. The protocol requires servers to ignore unknown
 * members.
 */
export function inferRequestSchema({ idLength, inputs, minDeadlineMs, maxDeadlineMs }: GatewayLimits) {
  const name = z.string().max(idLength);
  return z.object({
    id: name.optional().describe('An id that the client chooses; the answer repeats it.'),
    parameters: parameters
      .optional()
      .describe(
        `\`timeout\`: deadline in microseconds, ${minDeadlineMs * 1_000} to ${maxDeadlineMs * 1_000}. \`binary_data_output\`: all outputs as bytes.`,
      ),
    inputs: z
      .array(
        z.object({
          name,
          shape: z.array(z.int().min(0)).max(8),
          datatype: name,
          parameters: parameters
            .optional()
            .describe('`binary_data_size`: the values are that many bytes after the JSON.'),
          // The reader removes the values from the document while it arrives.
          data: z.unknown().optional().meta({ type: 'array', description: 'Values, row-major, flat or nested.' }),
        }),
      )
      .min(1)
      .max(inputs),
    outputs: z
      .array(
        z.object({
          name,
          parameters: parameters
            .optional()
            .describe(
              '`binary_data`: the output as bytes. `classification`: return this many classes of each item instead of the values.',
            ),
        }),
      )
      .max(inputs)
      .optional()
      .describe('The outputs to return. Default: all.'),
  });
}

export type InferRequest = z.infer<ReturnType<typeof inferRequestSchema>>;
export type RequestedInput = InferRequest['inputs'][number];

export const inferRequestExample: InferRequest = {
  id: 'request-1',
  inputs: [{ name: 'scene@1/features', shape: [1, 2], datatype: 'FP32', data: [0.25, 0.5] }],
  outputs: [{ name: 'probs' }],
};
