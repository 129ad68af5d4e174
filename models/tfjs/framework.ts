import { imageFramework } from '../thread/image-models.js';
import { loadTfjs } from './session.js';

/**
 * TensorFlow.js graph models, run by the WebAssembly backend (SIMD). In Node it has one thread, whatever `threads`
 * says. A graph that was converted with a batch size of 1 has `maxBatch` 1 in its card, and gets its images one by one.
 */
export const tfjs = imageFramework(loadTfjs);
