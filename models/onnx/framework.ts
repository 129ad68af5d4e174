import { imageFramework } from '../thread/image-models.js';
import { loadOnnx } from './session.js';

/** ONNX graphs by onnxruntime-node; image models whose card says how the image is to be cut. */
export const onnx = imageFramework(loadOnnx);
