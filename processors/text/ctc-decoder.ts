/** Text that a model read, with its confidence. */
export interface ReadText {
  readonly text: string;
  /** Mean probability of the characters, 0..1; 0 without text. */
  readonly score: number;
}

const blank = 0;

/**
 * Greedy decoding of connectionist temporal classification (Graves et al., ICML 2006): adjacent repeats of a character
 * are merged unless a blank separates them.
 *
 * @param character index of the most likely character of each step; 0 is the blank
 * @param probability probability of that character
 * @param characters characters by index
 */
export function decodeCtc(character: Float32Array, probability: Float32Array, characters: readonly string[]): ReadText {
  let text = '';
  let sum = 0;
  let count = 0;
  for (const [step, index] of character.entries()) {
    if (index === blank || index === character[step - 1]) continue;
    text += characters[index] ?? '';
    sum += probability[step] ?? 0;
    count += 1;
  }
  return { text: text.trim().replaceAll(/\s+/g, ' '), score: count === 0 ? 0 : sum / count };
}
