import type { Operation } from './operation.js';
import type { ImageFacts, Pixels } from './values.js';

/** What is said about an image downstream of its pixels. */
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
