import { z } from 'zod';
import { shapeOf, type ModelOffer } from '../../inference/model-offer.js';
import type { Route } from '../../../http/route.js';
import { modelRoutes } from './model-route.js';
import { notReady } from './server.js';

const tensorSchema = z.object({
  name: z.string(),
  datatype: z.enum(['UINT8', 'FP32']),
  shape: z.array(z.int()).describe('The first dimension is the number of items; -1 stands for a variable length.'),
});
const metadataSchema = z.object({
  name: z.string(),
  versions: z.array(z.string()).describe('Numbers, and aliases.'),
  platform: z.string(),
  inputs: z.array(tensorSchema),
  outputs: z.array(tensorSchema),
});
const metadataExample: z.infer<typeof metadataSchema> = {
  name: 'scene',
  versions: ['1', '2'],
  platform: 'fanlight_onnx',
  inputs: [{ name: 'input', datatype: 'UINT8', shape: [-1, 224, 224, 3] }],
  outputs: [{ name: 'probs', datatype: 'FP32', shape: [-1, 1000] }],
};

export function modelMetadataRoutes(offers: readonly ModelOffer[]): Route[] {
  return modelRoutes(offers, {
    method: 'GET',
    path: '',
    id: 'getModelMetadata',
    about: 'Open Inference Protocol: the inputs and outputs of a model.',
    answers: {
      200: {
        about: 'The metadata from the card of the model.',
        mediaType: 'application/json',
        shapes: [{ name: 'ModelMetadata', schema: metadataSchema, example: metadataExample }],
      },
    },
    problems: [],
    handle: (context, { name, framework, inputs, outputs }) =>
      context.json({
        name,
        versions: offers.filter((offer) => offer.name === name).map(({ version }) => version),
        platform: `fanlight_${framework}`,
        inputs: inputs.map(({ name: input, datatype, sides }) => ({ name: input, datatype, shape: shapeOf(sides) })),
        outputs: outputs.map(({ name: output, sides }) => ({ name: output, datatype: 'FP32', shape: shapeOf(sides) })),
      } satisfies z.infer<typeof metadataSchema>),
  });
}

const readySchema = z.object({ name: z.string(), ready: z.literal(true) });

export function modelReadyRoutes(offers: readonly ModelOffer[], ready: () => boolean): Route[] {
  return modelRoutes(offers, {
    method: 'GET',
    path: '/ready',
    id: 'getModelReady',
    about: 'Open Inference Protocol: whether a model is ready.',
    answers: {
      200: {
        about: 'The model is ready.',
        mediaType: 'application/json',
        shapes: [{ name: 'ModelReady', schema: readySchema, example: { name: 'scene', ready: true } }],
      },
    },
    problems: ['not-ready'],
    handle(context, { name }) {
      if (!ready()) throw notReady();
      return context.json({ name, ready: true });
    },
  });
}

const configTensorSchema = z.object({
  name: z.string(),
  data_type: z.enum(['TYPE_UINT8', 'TYPE_FP32']),
  dims: z.array(z.int()).describe('Dimensions of one item.'),
});
const configSchema = z.object({
  name: z.string(),
  platform: z.string(),
  backend: z.string(),
  max_batch_size: z.int().describe('Most items in one request.'),
  input: z.array(configTensorSchema),
  output: z.array(configTensorSchema),
});
const configExample: z.infer<typeof configSchema> = {
  name: 'scene',
  platform: 'fanlight_onnx',
  backend: 'onnx',
  max_batch_size: 16,
  input: [{ name: 'input', data_type: 'TYPE_UINT8', dims: [224, 224, 3] }],
  output: [{ name: 'probs', data_type: 'TYPE_FP32', dims: [1000] }],
};

export function modelConfigRoutes(offers: readonly ModelOffer[]): Route[] {
  return modelRoutes(offers, {
    method: 'GET',
    path: '/config',
    id: 'getModelConfig',
    about: "Triton's model configuration extension: the most items in a request, and the tensors of one item.",
    answers: {
      200: {
        about: 'The part of the configuration that clients need.',
        mediaType: 'application/json',
        shapes: [{ name: 'ModelConfig', schema: configSchema, example: configExample }],
      },
    },
    problems: [],
    handle: (context, { name, framework, inputs, outputs, maxItems }) =>
      context.json({
        name,
        platform: `fanlight_${framework}`,
        backend: framework,
        max_batch_size: maxItems,
        input: inputs.map(({ name: input, datatype, sides }) => ({
          name: input,
          data_type: `TYPE_${datatype}` as const,
          dims: shapeOf(sides).slice(1),
        })),
        output: outputs.map(({ name: output, sides }) => ({
          name: output,
          data_type: 'TYPE_FP32' as const,
          dims: [...sides],
        })),
      } satisfies z.infer<typeof configSchema>),
  });
}
