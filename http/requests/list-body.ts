import { JsonSplitter } from '../bodies/json-splitter.js';
import { JsonTextError } from '../bodies/json-text.js';
import { Pace } from '../bodies/pace.js';
import { bodyTooLarge, type BodyReadOptions } from '../bodies/whole-body.js';
import type { HttpContext } from '../context.js';
import type { FieldError } from '../problems/problem.js';
import { notJson, requireNoQuery, type ListForm } from './forms.js';
import { checkPart, invalidFields, mostErrors } from './validation.js';

/** Bytes that are processed in one turn of the event loop: a few hundred elements. */
const bytesPerTurn = 16 * 1024;
/** Heap memory (bytes) of an element for each byte of its text. */
const heapPerByte = 3;

/**
 * Reads a JSON document with a long list, and checks the elements while they arrive. Throws `malformed-json`,
 * `too-large`, `request-timeout`, `overloaded`, and `invalid-request` with the invalid fields.
 */
export async function readList<Rest, Element>(
  form: ListForm<Rest, Element>,
  context: HttpContext,
  { clock, turns, pace }: BodyReadOptions,
): Promise<{ readonly rest: Rest; readonly elements: readonly Element[] }> {
  requireNoQuery(context);
  const body = context.get('body');
  if ((body.announcedBytes ?? 0) > form.limitBytes) throw bodyTooLarge('JSON document', form.limitBytes);
  const list = new ListReader(form);
  let received = 0;
  for await (const piece of body.pieces(new Pace(clock, pace))) {
    if (received + piece.length > form.limitBytes) throw bodyTooLarge('JSON document', form.limitBytes);
    body.memory.take(heapPerByte * piece.length);
    for (let at = 0; at < piece.length; at += bytesPerTurn) {
      await turns.run(received + at, () => list.write(piece.subarray(at, at + bytesPerTurn)));
    }
    received += piece.length;
  }
  body.memory.keep();
  return list.end();
}

class ListReader<Rest, Element> {
  readonly #form: ListForm<Rest, Element>;
  readonly #splitter: JsonSplitter;
  readonly #elements: Element[] = [];
  readonly #errors: FieldError[] = [];
  #count = 0;

  constructor(form: ListForm<Rest, Element>) {
    this.#form = form;
    const list = {
      holds: 'elements',
      limitBytes: form.elementBytes,
      onValues: (values: readonly unknown[]) => this.#check(values),
    } as const;
    let hasList = false;
    this.#splitter = new JsonSplitter({
      limitBytes: form.elementBytes * 4,
      longArray(path) {
        if (path.length !== 1 || path[0] !== form.key) return undefined;
        if (hasList) throw new JsonTextError(`"${form.key}" occurs twice`);
        hasList = true;
        return list;
      },
    });
  }

  write(bytes: Uint8Array): void {
    this.#asJson(() => this.#splitter.write(bytes));
    // The request is certain to be refused, so the rest of the body need not be read.
    if (this.#errors.length >= mostErrors || this.#count > this.#form.most) this.#finish({ [this.#form.key]: [] });
  }

  end(): { readonly rest: Rest; readonly elements: readonly Element[] } {
    return this.#finish(this.#asJson(() => this.#splitter.end()));
  }

  #finish(document: unknown): { readonly rest: Rest; readonly elements: readonly Element[] } {
    const { key, rest: schema } = this.#form;
    const rest = checkPart(
      schema,
      this.#count === 0 ? document : { ...(document as object), [key]: Array(this.#count).fill(null) },
      [],
    );
    const errors = [...('errors' in rest ? rest.errors : []), ...this.#errors];
    if (errors.length > 0 || !('value' in rest)) throw invalidFields(errors);
    return { rest: rest.value, elements: this.#elements };
  }

  #check(values: readonly unknown[]): void {
    for (const value of values) {
      if (this.#errors.length >= mostErrors || this.#count > this.#form.most) return;
      const checked = checkPart(this.#form.element, value, [this.#form.key, this.#count]);
      this.#count += 1;
      if ('value' in checked) this.#elements.push(checked.value);
      else this.#errors.push(...checked.errors);
    }
  }

  #asJson<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw error instanceof JsonTextError ? notJson(error.message) : error;
    }
  }
}
