/**
 * Worker thread of one ONNX session. `run` of onnxruntime-node computes on the calling thread. On the main thread, each
 * batch would delay Kafka heartbeats and health checks.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { serve } from '../thread/session-server.js';
import { sessionOptions } from './session-options.js';

serve<InferenceSession>({
  async load({ path, data, threads, device }) {
    // The graph may keep constants in other files, in any folder.
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
      // The values are copied, because the runtime may own the memory of a result and such memory cannot be
      // transferred.
      return new Float32Array(values);
    });
  },

  release: (session) => session.release(),
});
