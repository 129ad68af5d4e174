import { planResize, specName, type ImageSpec } from './decoding/geometry.js';
import { resizeToPlan } from './decoding/pixel-resizing.js';
import type { Operation } from './operation.js';
import type { Pixels, Tensor } from './values.js';

/** Resizes pixels to a uint8 RGB tensor [height, width, 3]. Models with the same spec share the tensor. */
export function resizeImage(spec: ImageSpec): Operation<{ pixels: Pixels }, Tensor> {
  return {
    name: `resize:${specName(spec)}`,
    needs: 'cpu',
    open() {
      return async function resizeImage({ pixels }) {
        const plan = planResize(spec, pixels.facts.width, pixels.facts.height);
        const [width, height] = plan.size;
        return { dtype: 'uint8', shape: [height, width, 3], data: await resizeToPlan(pixels, plan) };
      };
    },
  };
}
