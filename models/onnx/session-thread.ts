/**
 * The thread of one ONNX session. `run` of onnxruntime-node computes on the thread that calls
 * it, so on the main thread each batch would hold up Kafka heartbeats and health checks.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { serve } from '../thread/serve.js';
import { sessionOptions } from './session-options.js';

serve<InferenceSession>({
  async load({ path, data, threads, device }) {
    // Constants that the graph keeps in other files, wherever those are.
    const externalData = await Promise.all(
      data.map(async (file) => ({ path: basename(file), data: await readFile(file) })),
    );
    const session = await InferenceSession.create(path, {
      ...sessionOptions(threads, device),
      ...(externalData.length === 0 ? {} : { externalData }),
    });
    return { session, names: { inputs: session.inputNames, outputs: session.outputNames } };
  },

  async run(session, { input, outputs, data, shape }) {
    const results = await session.run({ [input]: new Tensor('uint8', data, shape) }, outputs);
    return outputs.map((name) => {
      const values = results[name]?.data;
      if (!(values instanceof Float32Array)) throw new Error(`its output "${name}" is not float32`);
      // The runtime may own the memory behind a result, and what it owns cannot be transferred.
      return new Float32Array(values);
    });
  },

  release: (session) => session.release(),
});
