import { bytesOfFloats, floatsOfBytes } from '../../primitives/float-bytes.js';
import type { ItemTensors, ModelInput } from '../../schemas/models/requests.js';
import { ProblemError } from '../../http/problems/problem.js';
import type { RequestedInput } from './infer-request.js';
import { bytesPerValue, referenceOf, shapeOf, type InputOffer, type ModelOffer, type Side } from './model-offer.js';
import type { ReadRequest } from './infer-request-reader.js';
import type { TensorValues } from './tensor-values.js';

const dtypes = { UINT8: 'uint8', FP32: 'float32' } as const;

/**
 * The tensors of a request for the model. Throws `invalid-request` with a sentence that names the input, the tensor
 * that the model takes, and the tensor that the client sent.
 */
export function inputTensors(offer: ModelOffer, { request: { inputs }, values, bytes }: ReadRequest): ModelInput {
  checkNames(offer, inputs);
  const items = itemsOf(offer, inputs);
  const pieces = splitBytes(inputs, bytes);
  const tensors = offer.inputs.flatMap((wanted): [string, ItemTensors][] => {
    const at = inputs.findIndex(({ name }) => name === wanted.name);
    const given = inputs[at];
    return given === undefined
      ? []
      : [[wanted.name, tensorOf(offer, wanted, given, { piece: pieces[at], values: values.get(at) })]];
  });
  return { model: referenceOf(offer), items, inputs: Object.fromEntries(tensors) };
}

function checkNames(offer: ModelOffer, inputs: readonly RequestedInput[]): void {
  const wanted = offer.inputs.map(({ name }) => name);
  const given = inputs.map(({ name }) => name);
  const listed = (names: readonly string[]) => names.map((name) => `"${name.slice(0, 100)}"`).join(', ');
  const unknown = given.filter((name) => !wanted.includes(name));
  if (unknown.length > 0)
    throw invalid(
      `${referenceOf(offer)} has no input ${listed(unknown)}; it takes ${listed(wanted)}.`,
      'Name the inputs as its metadata does.',
    );
  const missing = wanted.filter((name) => !given.includes(name));
  if (missing.length > 0)
    throw invalid(
      `${referenceOf(offer)} takes ${listed(wanted)}; the request lacks ${listed(missing)}.`,
      'Send all inputs of the model.',
    );
  if (new Set(given).size < given.length)
    throw invalid(`The request has an input of ${referenceOf(offer)} twice.`, 'Send each input once.');
}

/** The number of items: the first dimension, which all inputs share. */
function itemsOf(offer: ModelOffer, inputs: readonly RequestedInput[]): number {
  const counts = [...new Set(inputs.map(({ shape }) => shape[0] ?? 0))];
  const [items = 0] = counts;
  if (counts.length > 1)
    throw invalid(
      `The inputs for ${referenceOf(offer)} have different numbers of items: ${counts.join(' and ')}.`,
      'Give all inputs the same first dimension.',
    );
  if (items >= 1 && items <= offer.maxItems) return items;
  throw invalid(
    `${referenceOf(offer)} takes 1 to ${offer.maxItems} items in a request, not ${items}.`,
    'Make the first dimension of each input the number of items, and split larger batches.',
  );
}

/** The values of an input: bytes after the JSON, or numbers in it. */
interface GivenValues {
  readonly piece: Uint8Array | undefined;
  readonly values: TensorValues | undefined;
}

function tensorOf(
  offer: ModelOffer,
  wanted: InputOffer,
  { shape, datatype }: RequestedInput,
  { piece, values }: GivenValues,
): ItemTensors {
  const sides = shape.slice(1);
  if (
    datatype !== wanted.datatype ||
    sides.length !== wanted.sides.length ||
    !wanted.sides.every((side, at) => fits(side, sides[at] ?? 0))
  ) {
    throw invalid(
      `${referenceOf(offer)} takes "${wanted.name}" as ${tensorText(wanted)}, not as ${datatype.slice(0, 20)} [${shape.join(',')}].`,
      "Send the datatype and shape that the model's metadata names.",
    );
  }
  const count = shape.reduce((product, side) => product * side, 1);
  const data =
    piece === undefined ? valuesOfJson(wanted, values, shape, count) : valuesOfBytes(wanted, piece, shape, count);
  return { dtype: dtypes[wanted.datatype], shape: sides, data };
}

function fits(side: Side, given: number): boolean {
  return typeof side === 'number'
    ? given === side
    : given > 0 && given <= side.longest && given % side.multipleOf === 0;
}

/** A text such as `UINT8 [-1,224,224,3]`, with the lengths that a variable side may have. */
function tensorText({ datatype, sides }: InputOffer): string {
  const free = sides.find((side) => typeof side !== 'number');
  return `${datatype} [${shapeOf(sides).join(',')}]${free === undefined ? '' : ` with sides that are multiples of ${free.multipleOf} up to ${free.longest}`}`;
}

/** The bytes of each input, in the order of the inputs; undefined when the values are in the JSON. */
function splitBytes(inputs: readonly RequestedInput[], bytes: Uint8Array): (Uint8Array | undefined)[] {
  const sizes = inputs.map(({ name, parameters, data }) => sizeOf(name, parameters?.['binary_data_size'], data));
  const announced = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  if (announced !== bytes.length) {
    throw invalid(
      `The inputs announce ${announced} bytes by binary_data_size, but ${bytes.length} bytes follow the JSON.`,
      'Send the bytes in the order of the inputs, and the length of the JSON in Inference-Header-Content-Length.',
    );
  }
  let at = 0;
  return sizes.map((size) => (size === undefined ? undefined : bytes.subarray(at, (at += size))));
}

function sizeOf(name: string, size: unknown, data: unknown): number | undefined {
  if (size === undefined) return undefined;
  if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 && data === undefined) return size;
  throw invalid(
    `The input "${name}" has ${data === undefined ? 'a binary_data_size that is not a number of bytes' : 'both data and a binary_data_size'}.`,
    'Send its values as data, or as bytes with their number in binary_data_size.',
  );
}

function valuesOfBytes(
  { name, datatype }: InputOffer,
  bytes: Uint8Array,
  shape: readonly number[],
  count: number,
): Uint8Array {
  const wanted = count * bytesPerValue[datatype];
  if (bytes.length !== wanted)
    throw invalid(
      `The input "${name}" has ${bytes.length} bytes, but ${datatype} [${shape.join(',')}] takes ${wanted}.`,
      'Send as many values as the shape says.',
    );
  if (datatype === 'FP32') requireFinite(name, floatsOfBytes(bytes));
  return bytes;
}

function valuesOfJson(
  { name, datatype }: InputOffer,
  values: TensorValues | undefined,
  shape: readonly number[],
  count: number,
): Uint8Array {
  if (values === undefined)
    throw invalid(`The input "${name}" has no list of data.`, 'Send its values as data, or as bytes after the JSON.');
  if (values.length !== count)
    throw invalid(
      `The input "${name}" has ${values.length} values, but [${shape.join(',')}] takes ${count}.`,
      'Send as many values as the shape says.',
    );
  if (values.flaw === 'no number')
    throw invalid(`The input "${name}" has a value that is not a number.`, 'Send numbers of its datatype.');
  const all = values.all();
  if (datatype === 'FP32') {
    const floats = all instanceof Float32Array ? all : Float32Array.from(all);
    requireFinite(name, floats);
    return bytesOfFloats(floats);
  }
  const bytes = all instanceof Uint8Array ? all : Uint8Array.from(all);
  let at = 0;
  while (at < all.length && all[at] === bytes[at]) at += 1;
  const isWhole = at === all.length && values.flaw === undefined;
  if (!isWhole)
    throw invalid(
      `The input "${name}" has a value that is not a whole number from 0 to 255.`,
      'Send numbers of its datatype.',
    );
  return bytes;
}

/** NaN and infinity would lead to outputs that JSON cannot represent. */
function requireFinite(name: string, floats: Float32Array): void {
  let at = 0;
  while (at < floats.length && Number.isFinite(floats[at])) at += 1;
  if (at < floats.length)
    throw invalid(`The input "${name}" has a value that is not a finite number in FP32.`, 'Send finite numbers.');
}

function invalid(detail: string, remedy: string): ProblemError {
  return new ProblemError({ code: 'invalid-request', detail, remedy });
}
