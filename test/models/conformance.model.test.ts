import { fileURLToPath } from 'node:url';
import { frameworkConformance } from './conformance.js';
import { float32File, rowsOf } from './float32-file.js';
import { picture } from './pictures.js';
import { roomTypeInputs, roomTypeParity } from './linear/room-type-inputs.js';
import { toyInputs, toyPredictions } from './xgboost/toy.js';

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));

frameworkConformance({
  name: 'linear',
  dir: folder('../../models/catalogue/room-type@2'),
  inputs: roomTypeInputs,
  memory: { of: 'heap', loads: 60, mostMiB: 1 },
  reference: { rows: { probs: roomTypeParity['room-type@2'] ?? [] }, tolerance: 1e-6 },
});

frameworkConformance({
  name: 'xgboost',
  dir: folder('./xgboost/multi'),
  inputs: (seed) => toyInputs[seed]!,
  memory: { of: 'heap', loads: 100, mostMiB: 1 },
  reference: { rows: { prediction: toyPredictions('multi', 7) }, tolerance: 1e-6 },
});

const scene = rowsOf(float32File(new URL('./onnx/scene-reference.f32', import.meta.url)), 2280);

frameworkConformance({
  name: 'onnx',
  dir: folder('../../models/catalogue/scene@1'),
  inputs: (seed) => picture(seed, 224),
  batchTolerance: 1e-5,
  memory: { of: 'rss', loads: 6, mostMiB: 150 },
  reference: {
    rows: { probs: scene.map((row) => row.subarray(0, 1000)), features: scene.map((row) => row.subarray(1000)) },
    tolerance: 1e-4,
  },
});
