/**
 * `kernels.wat` in binary form, base64, so that neither building nor running needs a WebAssembly toolchain. After a
 * change of the text, run `wat2wasm --enable-simd` (wabt) on it and replace both constants. A test compares the hash.
 */
export const kernelsBinary = [
  'AGFzbQEAAAABCgFgBn9/f39/fwADAwIAAAUDAQABBygDBm1lbW9yeQIAC3ZlcnRpY2FsUm93AAANaG9yaXpvbnRhbFJvdwABCv4DAqUCAgR/CX',
  'sgAiADaiEGA0D9DAAgAAAAIAAAACAAAAAgAAAhDyAPIRAgDyERIA8hEiAAIQcgBCEIIAUhCQNAIAj9CQIAIQ4gB/0ABAAhCiAHIAFq/QAEACEL',
  'IAogC/0NABABEQISAxMEFAUVBhYHFyEMIAogC/0NCBgJGQoaCxsMHA0dDh4PHyENIA8gDP2JASAO/boB/a4BIQ8gECAM/YoBIA79ugH9rgEhEC',
  'ARIA39iQEgDv26Af2uASERIBIgDf2KASAO/boB/a4BIRIgByABQQF0aiEHIAhBBGohCCAJQQFrIgkNAAsgAiAPQQ79rAEgEEEO/awB/YUBIBFB',
  'Dv2sASASQQ79rAH9hQH9Zv0LBAAgAEEQaiEAIAJBEGoiAiAGSQ0ACwvUAQICfwR7A0D9DAAgAAAAIAAAACAAAAAgAAAhCiAJIQsgACADKAIAai',
  'EGIAUhBwNAIAb9AAQAIQggCiAIIAn9DQAQAxABEAQQAhAFEBAQEBAgBP0JAgD9ugH9rgEhCiALIAggCf0NBhAJEAcQChAIEAsQEBAQECAE/QkC',
  'BP26Af2uASELIAZBDGohBiAEQQhqIQQgB0EBayIHDQALIAogC/2uAUEO/awBIAn9hQEhCiABIAogCf1m/VoCAAAgAUEDaiEBIANBBGohAyACQQ',
  'FrIgINAAsL',
].join('');

/** SHA-256 of the `kernels.wat` from which the binary was made, lower-case hex. */
export const kernelsSourceSha256 = 'fac4fea1c02c491b49448b946cd2866bfc48a8818916f53b5b015b7dda3294b4';
