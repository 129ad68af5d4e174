import { cpus } from 'node:os';
import type { Tensor } from '../../processors/values.js';
import { FanlightError } from '../../schemas/failure.js';
import { outputName } from '../../schemas/models/reference.js';
import type { ModelCard } from '../../models/card.js';
import type { Catalogue, CatalogueEntry, ModelId } from '../../models/catalogue.js';
import { describeModel } from '../../models/description.js';
import type { Inputs, LoadedModel } from '../../models/framework.js';
import { loadModel } from '../../models/frameworks.js';
import { view, type Pixels } from '../photos/view.js';

type Outputs = Readonly<Record<string, Float32Array>>;

/** The models of a catalogue, each loaded at its first use. */
export class EvaluatedModels {
  readonly #catalogue: Catalogue;
  readonly #loaded = new Map<ModelId, Promise<LoadedModel>>();

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  /** @throws FanlightError `invalid-card` */
  entry(id: ModelId): CatalogueEntry {
    const entry = this.#catalogue.models.get(id);
    if (entry) return entry;
    throw (
      this.#catalogue.problems.get(id) ??
      new FanlightError({
        code: 'unknown-model',
        message: `The catalogue has no ${id}.`,
        remedy: 'Add its card (docs/adding-a-model.md).',
      })
    );
  }

  describe(id: ModelId) {
    const { card, dir } = this.entry(id);
    return describeModel(card, dir);
  }

  load(id: ModelId): Promise<LoadedModel> {
    const { card, dir } = this.entry(id);
    const loading = this.#loaded.get(id) ?? loadModel(card, dir, { threads: cpus().length, device: 'cpu' });
    this.#loaded.set(id, loading);
    return loading;
  }

  /** Runs the model on one photo. For a features model it first runs the models that the card names. */
  async outputsOf(id: ModelId, photo: Pixels): Promise<Outputs> {
    const model = await this.load(id);
    const outputs = await model.run([await this.#inputsOf(this.entry(id).card, photo)]);
    return Object.fromEntries(Object.entries(outputs).map(([name, rows]) => [name, rows[0] ?? new Float32Array()]));
  }

  async #inputsOf({ name, input }: ModelCard, photo: Pixels): Promise<Inputs> {
    if (input.kind === 'image') {
      const [width, height] = input.size;
      return { input: { dtype: 'uint8', shape: [height, width, 3], data: await view(photo, input) } };
    }
    if (input.kind === 'features') {
      const given: Record<string, Tensor> = {};
      for (const { model, outputs } of input.from) {
        const source = await this.outputsOf(model as ModelId, photo);
        for (const output of outputs) given[outputName(model, output)] = vector(source[output]);
      }
      return given;
    }
    throw new FanlightError({
      code: 'invalid-configuration',
      message: `The evaluation cannot build the input of ${name}, which is of kind "${input.kind}".`,
      remedy: 'Build that input in the evaluation of that model.',
    });
  }

  async close(): Promise<void> {
    for (const model of this.#loaded.values()) await (await model).dispose();
  }
}

function vector(data: Float32Array = new Float32Array()): Tensor {
  return { dtype: 'float32', shape: [data.length], data };
}
