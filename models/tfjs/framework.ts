import { imageFramework } from '../thread/image-models.js';
import { loadTfjs } from './session.js';

/**
 * TensorFlow.js graph models by the WebAssembly backend (SIMD), which has one thread in Node whatever `threads` says.
 * A graph that was converted with a batch of 1 has `maxBatch` 1 in its card, and is handed images one by one.
 */
export const tfjs = imageFramework(loadTfjs);
