import { imageFramework } from '../thread/image-models.js';
import { loadOnnx } from './session.js';

/** ONNX graphs, run by onnxruntime-node. It loads image models; the card says how the image is cropped. */
export const onnx = imageFramework(loadOnnx);
