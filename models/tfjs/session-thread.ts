/**
 * Worker thread of one TensorFlow.js model. The library computes on the calling thread. Its WebAssembly module also
 * installs handlers for uncaught errors of that thread.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import '@tensorflow/tfjs-backend-wasm'; // the `cpu` backend is not imported: it is tens of times slower
import { loadGraphModel, type GraphModel } from '@tensorflow/tfjs-converter';
import { enableProdMode, io, setBackend, tensor, tidy } from '@tensorflow/tfjs-core';
import { serve } from '../thread/session-server.js';

enableProdMode();

/** Reads `model.json` and its shards. Every shard must be one of the verified files. */
function fromFiles(path: string, shards: readonly string[]): io.IOHandler {
  const byName = new Map(shards.map((shard) => [basename(shard), shard]));

  async function readShard(name: string): Promise<ArrayBuffer> {
    const shard = byName.get(name);
    if (shard === undefined) throw new Error(`its model.json refers to the file ${name}, which the card does not name`);
    return new Uint8Array(await readFile(shard)).buffer;
  }

  return {
    async load() {
      const json = JSON.parse(await readFile(path, 'utf8')) as io.ModelJSON;
      return io.getModelArtifactsForJSON(json, async (manifest) => {
        const data = await Promise.all(manifest.flatMap((group) => group.paths).map(readShard));
        return [manifest.flatMap((group) => group.weights), data];
      });
    },
  };
}

/** Strips the scope of a name: "tower_0/detections" is "detections" in a card. Scopes are internals of the graph. */
function shortName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** Returns the graph's name for the output that the card calls `name`. */
function outputNamed(model: GraphModel, name: string): string {
  return model.outputs.find((output) => shortName(output.name) === name)?.name ?? name;
}

serve<GraphModel>({
  async load({ path, data }) {
    if (!(await setBackend('wasm'))) throw new Error('the WebAssembly backend of TensorFlow.js did not start');
    const session = await loadGraphModel(fromFiles(path, data));
    // Cards call a single input `input`, whatever its name in the graph.
    const inputs = session.inputs.length === 1 ? ['input'] : session.inputs.map(({ name }) => shortName(name));
    return { session, names: { inputs, outputs: session.outputs.map(({ name }) => shortName(name)) } };
  },

  run(session, { outputs, data, shape }) {
    const [input] = session.inputs;
    if (input === undefined) throw new Error('its graph has no input');
    const names = outputs.map((name) => outputNamed(session, name));
    const rows = tidy(() => {
      const results = session.execute({ [input.name]: tensor(data, [...shape], input.dtype) }, names);
      return (Array.isArray(results) ? results : [results]).map((result) => Float32Array.from(result.dataSync()));
    });
    return Promise.resolve(rows);
  },

  release(session) {
    session.dispose();
    return Promise.resolve();
  },
});
