import type { Operation } from './operation.js';
import type { ImageFacts, Pixels } from './values.js';

/** The facts about an image that later operations need without its pixels. */
export const imageFacts: Operation<{ pixels: Pixels }, ImageFacts> = {
  name: 'image-facts',
  needs: 'cpu',
  reusable: true,
  open() {
    return function imageFacts({ pixels }) {
      return pixels.facts;
    };
  },
};
