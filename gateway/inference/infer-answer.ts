import { z } from 'zod';
import { floatsOfBytes } from '../../primitives/float-bytes.js';
import type { ModelOutput } from '../../schemas/model-requests.js';
import { ProblemError } from '../problems/problem.js';
import type { InferRequest } from './infer-request.js';
import { referenceOf, type ModelOffer, type OutputOffer } from './model-offer.js';
import { jsonLengthHeader } from './read-infer-request.js';

export const inferAnswerSchema = z.object({
  model_name: z.string(),
  model_version: z.string().describe('That answered; of an alias the one that it led to.'),
  id: z.string().optional().describe('As it was given.'),
  outputs: z.array(
    z.object({
      name: z.string(),
      datatype: z.literal('FP32'),
      shape: z.array(z.int()),
      data: z.array(z.number()).optional().describe('Values, row-major.'),
      parameters: z.object({ binary_data_size: z.int() }).optional().describe('The values are that many bytes behind the JSON.'),
    }),
  ),
});

export type InferAnswer = z.infer<typeof inferAnswerSchema>;

export const inferAnswerExample: InferAnswer = {
  model_name: 'room-type',
  model_version: '1',
  id: 'request-1',
  outputs: [{ name: 'probs', datatype: 'FP32', shape: [1, 2], data: [0.75, 0.25] }],
};

/** An output that is wanted, and how. */
export interface WantedOutput extends OutputOffer {
  readonly binary: boolean;
}

/** What the request asks for, in its order; all that the card names unless told. Throws `invalid-request`. */
export function wantedOutputs(offer: ModelOffer, { outputs, parameters }: Pick<InferRequest, 'outputs' | 'parameters'>): readonly WantedOutput[] {
  const all = parameters?.['binary_data_output'] === true;
  if (outputs === undefined || outputs.length === 0) return offer.outputs.map((output) => ({ ...output, binary: all }));
  return outputs.map(({ name, parameters: own }) => {
    const output = offer.outputs.find((each) => each.name === name);
    if (output === undefined) {
      throw invalid(`${referenceOf(offer)} has no output "${name.slice(0, 100)}"; it gives ${offer.outputs.map((each) => `"${each.name}"`).join(', ')}.`, 'Name the outputs as its metadata does.');
    }
    const unsupported = ['classification', 'shared_memory_region'].find((parameter) => own !== undefined && Object.hasOwn(own, parameter));
    if (unsupported !== undefined) throw invalid(`The output "${name}" is asked for with ${unsupported}, which Fanlight does not have.`, 'Ask for the values themselves.');
    return { ...output, binary: own?.['binary_data'] === undefined ? all : own['binary_data'] === true };
  });
}

/** The body, and its headers: JSON, with the values of binary outputs behind it. */
export function inferAnswer({ model, items, outputs }: ModelOutput, wanted: readonly WantedOutput[], id: string | undefined): { body: Uint8Array<ArrayBuffer>; headers: Record<string, string> } {
  const [name = '', version = ''] = model.split('@');
  const binary = wanted.filter((output) => output.binary).map((output) => outputs[output.name] ?? new Uint8Array());
  const answer: InferAnswer = {
    model_name: name,
    model_version: version,
    ...(id === undefined ? {} : { id }),
    outputs: wanted.map((output) => {
      const bytes = outputs[output.name] ?? new Uint8Array();
      const values = output.binary ? { parameters: { binary_data_size: bytes.length } } : { data: [...floatsOfBytes(bytes)] };
      return { name: output.name, datatype: 'FP32' as const, shape: [items, ...output.sides], ...values };
    }),
  };
  const json = Buffer.from(JSON.stringify(answer));
  if (binary.length === 0) return { body: Uint8Array.from(json), headers: { 'content-type': 'application/json' } };
  return { body: Uint8Array.from(Buffer.concat([json, ...binary])), headers: { 'content-type': 'application/octet-stream', [jsonLengthHeader]: `${json.length}` } };
}

function invalid(detail: string, remedy: string): ProblemError {
  return new ProblemError({ code: 'invalid-request', detail, remedy });
}
