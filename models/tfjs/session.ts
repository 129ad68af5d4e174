import { imageModelLoader } from '../thread/image-models.js';
import type { Runtime } from '../thread/model-thread.js';

export const tfjsRuntime: Runtime = { name: 'TensorFlow.js', module: new URL('./session-thread.js', import.meta.url) };

/** Loads TensorFlow.js graph models (`model.json` and shards) with the WebAssembly backend: see `LoadImageModel`. */
export const loadTfjs = imageModelLoader('tfjs', tfjsRuntime);
