import type { Tensor } from '../processors/values.js';
import { FanlightError } from '../schemas/failure.js';
import { modelIdOf, type ModelCard } from './card.js';
import { fillRow, type Columns } from './columns.js';
import type { LoadedModel } from './framework.js';

interface Parts<Row> {
  readonly card: ModelCard;
  readonly columns: Columns;
  /** Buffer that is refilled for each item. Its type is the precision that `evaluate` needs. */
  readonly row: Row;
  /** Computes the card's first output for one row. It must not keep the row. */
  readonly evaluate: (row: Row) => Float32Array;
}

/** A model over float32 features that is fast enough to run on the calling thread. */
export function featuresModel<Row extends Float32Array | Float64Array>({
  card,
  columns,
  ...parts
}: Parts<Row>): LoadedModel {
  const id = modelIdOf(card);
  const name = card.outputs[0]?.name ?? '';
  let loaded: Pick<Parts<Row>, 'row' | 'evaluate'> | null = parts;

  const model: LoadedModel = {
    // async, so that a call after `dispose` rejects instead of throwing
    async run(batch) {
      if (!loaded) throw disposed(id);
      const { row, evaluate } = loaded;
      const values = batch.map((inputs) => {
        fillRow(row, columns, inputs);
        return evaluate(row);
      });
      return Promise.resolve({ [name]: values });
    },
    refuse(inputs) {
      const wrong = columns.find(({ output, size }) => describe(inputs[output]) !== `float32 [${size}]`);
      if (!wrong) return null;
      return new FanlightError({
        code: 'wrong-tensor',
        message: `Model ${id} takes "${wrong.output}" as float32 [${wrong.size}] but got ${describe(inputs[wrong.output])}.`,
        remedy: "Pass the outputs of the models that the card's input names.",
      });
    },
    async warmUp() {
      await model.run([Object.fromEntries(columns.map(({ output, size }) => [output, blank(size)]))]);
    },
    dispose() {
      loaded = null;
      return Promise.resolve();
    },
  };
  return model;
}

function blank(size: number): Tensor {
  return { dtype: 'float32', shape: [size], data: new Float32Array(size) };
}

function describe(tensor: Tensor | undefined): string {
  return tensor ? `${tensor.dtype} [${tensor.shape.join(',')}]` : 'nothing';
}

function disposed(id: string): FanlightError {
  return new FanlightError({
    code: 'model-failed',
    message: `Model ${id} failed: it was disposed.`,
    remedy: 'Load the model again before running it.',
  });
}
