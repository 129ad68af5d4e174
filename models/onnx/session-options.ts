import type { InferenceSession } from 'onnxruntime-node';
import type { Device } from '../device.js';

/** How every ONNX model is run. */
export function sessionOptions(threads: number, device: Device): InferenceSession.SessionOptions {
  return {
    // Operators that the device lacks run on the CPU.
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    extra: {
      session: {
        // Several processes share the cores: a thread that spins for work takes them from its neighbours.
        intra_op: { allow_spinning: '0' },
        // Smaller blocks of work even out threads that were descheduled.
        dynamic_block_base: '4',
      },
    },
  };
}
