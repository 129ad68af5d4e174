import { z } from 'zod';
import { floatsOfBytes } from '../../primitives/float-bytes.js';
import type { ModelOutput } from '../../schemas/models/requests.js';
import { bytesOfTexts, classify } from './classification.js';
import { jsonLengthHeader } from './infer-request-reader.js';
import type { WantedOutput } from './wanted-outputs.js';

export const inferAnswerSchema = z.object({
  model_name: z.string(),
  model_version: z.string().describe('The version that answered. For an alias: the version that it named.'),
  id: z.string().optional().describe('The `id` of the request.'),
  outputs: z.array(
    z.object({
      name: z.string(),
      datatype: z.enum(['FP32', 'BYTES']).describe('`BYTES` for classes.'),
      shape: z.array(z.int()),
      data: z
        .array(z.union([z.number(), z.string()]))
        .optional()
        .describe('Values, row-major. For classes: `<value>:<index>[:<label>]`.'),
      parameters: z
        .object({ binary_data_size: z.int() })
        .optional()
        .describe('The values are that many bytes after the JSON.'),
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

export interface AnswerBody {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Creates the body and its header fields: JSON, followed by the values of binary outputs. */
export function inferAnswer(
  { model, items, outputs }: ModelOutput,
  wanted: readonly WantedOutput[],
  id: string | undefined,
): AnswerBody {
  const [name = '', version = ''] = model.split('@');
  const tensors = wanted.map((output) => tensorOf(outputs[output.name] ?? new Uint8Array(), items, output));
  const answer: InferAnswer = {
    model_name: name,
    model_version: version,
    ...(id === undefined ? {} : { id }),
    outputs: tensors.map(({ binary, data, ...described }) => ({
      ...described,
      ...(binary ? { parameters: { binary_data_size: binary.length } } : { data: data() }),
    })),
  };
  const json = Buffer.from(JSON.stringify(answer));
  const binaries = tensors.flatMap(({ binary }) => binary ?? []);
  if (binaries.length === 0) return { body: Uint8Array.from(json), headers: { 'content-type': 'application/json' } };
  return {
    body: Uint8Array.from(Buffer.concat([json, ...binaries])),
    headers: { 'content-type': 'application/octet-stream', [jsonLengthHeader]: `${json.length}` },
  };
}

interface AnsweredTensor {
  readonly name: string;
  readonly datatype: 'FP32' | 'BYTES';
  readonly shape: number[];
  /** The bytes that follow the JSON; undefined when the values are in the JSON as `data`. */
  readonly binary: Uint8Array | undefined;
  data(): (number | string)[];
}

function tensorOf(
  bytes: Uint8Array,
  items: number,
  { name, sides, labels, binary, classes }: WantedOutput,
): AnsweredTensor {
  if (classes === undefined) {
    return {
      name,
      datatype: 'FP32',
      shape: [items, ...sides],
      binary: binary ? bytes : undefined,
      data: () => [...floatsOfBytes(bytes)],
    };
  }
  const rows = classify(bytes, items, classes, labels);
  const texts = rows.flat();
  return {
    name,
    datatype: 'BYTES',
    shape: [items, rows[0]?.length ?? 0],
    binary: binary ? bytesOfTexts(texts) : undefined,
    data: () => texts,
  };
}
