import { readFileSync } from 'node:fs';
import type { Inputs } from '../../../models/framework.js';
import type { Tensor } from '../../../processors/values.js';

/** Results of training/export_parity.py: by model, the probabilities of the vectors 0, 1, ... */
export const roomTypeParity = JSON.parse(
  readFileSync(new URL('./room-type-parity.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, readonly (readonly number[])[]>>;

/** Computes the vectors with the formulas of training/export_parity.py. */
export function roomTypeInputs(v: number): Inputs {
  const features = Float32Array.from({ length: 1280 }, (_, i) => ((i * 7919 + v * 104729) % 1000) / 500);
  const detections = Array.from({ length: 100 }, (_, d) => {
    const [x, y] = [((d * 37 + v * 11) % 500) - 20, ((d * 53 + v * 29) % 500) - 20];
    return [
      x,
      y,
      x + 10 + ((d * 71) % 300),
      y + 10 + ((d * 43) % 300),
      ((d * 61 + v * 17) % 100) / 100,
      (d * 7 + v) % 80,
    ];
  });
  return { 'scene@1/features': tensor(features), 'objects@2/detections': tensor(Float32Array.from(detections.flat())) };
}

export function tensor(data: Float32Array): Tensor {
  return { dtype: 'float32', shape: [data.length], data };
}
