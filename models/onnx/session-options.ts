import type { InferenceSession } from 'onnxruntime-node';
import type { DeviceKind } from '../device.js';

/** Session options of every ONNX model. */
export function sessionOptions(threads: number, device: DeviceKind): InferenceSession.SessionOptions {
  return {
    // Graph operators that the device does not support run on the CPU.
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    extra: {
      session: {
        // Several processes share the cores: a spinning thread takes CPU time from the others.
        intra_op: { allow_spinning: '0' },
        // Smaller blocks of work balance the load when threads are descheduled.
        dynamic_block_base: '4',
      },
    },
  };
}
