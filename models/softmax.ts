/** Converts logits to probabilities. The largest logit is subtracted first, so that nothing overflows. */
export function softmax(logits: ArrayLike<number>): Float32Array {
  const all = Array.from(logits);
  const largest = Math.max(...all);
  const powers = all.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return Float32Array.from(powers, (power) => power / sum);
}
