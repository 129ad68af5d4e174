import { imageModelLoader } from '../thread/image-models.js';
import type { Runtime } from '../thread/model-thread.js';

export type { ImageModel as LoadedModel } from '../thread/image-models.js';

export const onnxRuntime: Runtime = { name: 'ONNX', module: new URL('./session-thread.js', import.meta.url) };

/** Loads ONNX graphs with onnxruntime-node: see `LoadImageModel`. */
export const loadOnnx = imageModelLoader('onnx', onnxRuntime);
