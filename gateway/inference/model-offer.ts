import { ProblemError } from '../../http/problems/problem.js';

/** A side of a tensor: one length, or all multiples of a length up to the longest. */
export type Side = number | { readonly multipleOf: number; readonly longest: number };

export interface InputOffer {
  readonly name: string;
  readonly datatype: 'UINT8' | 'FP32';
  /** Sides of one item. */
  readonly sides: readonly Side[];
}

/** An output of a model; its datatype is FP32. */
export interface OutputOffer {
  readonly name: string;
  /** Sides of one item. */
  readonly sides: readonly number[];
  /** Labels of the values of one item. */
  readonly labels?: readonly string[];
}

/** A version of a model that clients may name, as its card describes it. */
export interface ModelOffer {
  readonly name: string;
  /** A number; for an alias the text after its `@`. */
  readonly version: string;
  readonly framework: string;
  readonly inputs: readonly InputOffer[];
  readonly outputs: readonly OutputOffer[];
  /** Most items in one request. */
  readonly maxItems: number;
}

/** The name of a version in queues and workers, such as `scene@1`. */
export function referenceOf({ name, version }: Pick<ModelOffer, 'name' | 'version'>): string {
  return `${name}@${version}`;
}

export const bytesPerValue = { UINT8: 1, FP32: 4 } as const;

/** The number of values of an input in the largest request that the model takes. */
export function mostValues({ maxItems }: Pick<ModelOffer, 'maxItems'>, { sides }: InputOffer): number {
  return sides.reduce<number>((product, side) => product * (typeof side === 'number' ? side : side.longest), maxItems);
}

/** The named version of a model, or the one with the highest number. Throws `no-such-model`. */
export function findOffer(offers: readonly ModelOffer[], name: string, version: string | undefined): ModelOffer {
  const versions = offers.filter((offer) => offer.name === name);
  const found = version === undefined ? newest(versions) : versions.find((offer) => offer.version === version);
  if (found) return found;
  const wanted = name.slice(0, 100);
  throw new ProblemError({
    code: 'no-such-model',
    detail:
      versions.length === 0
        ? `There is no model "${wanted}".`
        : `The model "${wanted}" has no version "${version?.slice(0, 100) ?? ''}".`,
    remedy:
      versions.length === 0
        ? `Name one of ${[...new Set(offers.map((offer) => offer.name))].join(', ')}.`
        : `Name one of ${versions.map((offer) => offer.version).join(', ')}.`,
  });
}

function newest(versions: readonly ModelOffer[]): ModelOffer | undefined {
  const numbered = versions.filter(({ version }) => /^[0-9]+$/.test(version));
  return numbered.reduce<ModelOffer | undefined>(
    (best, offer) => (best && Number(best.version) > Number(offer.version) ? best : offer),
    undefined,
  );
}

/** A shape such as `[-1,224,224,3]`; -1 stands for the items and for variable sides. */
export function shapeOf(sides: readonly Side[]): number[] {
  return [-1, ...sides.map((side) => (typeof side === 'number' ? side : -1))];
}
