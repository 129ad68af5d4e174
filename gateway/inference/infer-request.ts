import { z } from 'zod';
import type { GatewayLimits } from '../limits.js';

const parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/**
 * The JSON of an inference request, without the tensors' values. Unknown members are passed over, as the protocol says
 * of servers.
 */
export function inferRequestSchema({ idLength, inputs, minDeadlineMs, maxDeadlineMs }: GatewayLimits) {
  const name = z.string().max(idLength);
  return z.object({
    id: name.optional().describe('Yours; given back.'),
    parameters: parameters
      .optional()
      .describe(
        `\`timeout\`: microseconds that the answer may take, ${minDeadlineMs * 1_000} to ${maxDeadlineMs * 1_000}. \`binary_data_output\`: all outputs as bytes.`,
      ),
    inputs: z
      .array(
        z.object({
          name,
          shape: z.array(z.int().min(0)).max(8),
          datatype: name,
          parameters: parameters
            .optional()
            .describe('`binary_data_size`: the values are that many bytes behind the JSON.'),
          // The values are taken out of the document while it is read.
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
              '`binary_data`: as bytes. `classification`: so many classes of each item in place of the values.',
            ),
        }),
      )
      .max(inputs)
      .optional()
      .describe('Those that are wanted; all unless told.'),
  });
}

export type InferRequest = z.infer<ReturnType<typeof inferRequestSchema>>;
export type RequestedInput = InferRequest['inputs'][number];

export const inferRequestExample: InferRequest = {
  id: 'request-1',
  inputs: [{ name: 'scene@1/features', shape: [1, 2], datatype: 'FP32', data: [0.25, 0.5] }],
  outputs: [{ name: 'probs' }],
};
