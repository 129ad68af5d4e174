import type { RoomType } from '../schemas/events.js';

/** The inputs of the score. */
export interface HeroFacts {
  readonly roomType: RoomType | null;
  /** 0 (black) to 255 (white). */
  readonly meanLuma: number;
  /** Laplacian variance. */
  readonly sharpness: number;
  /** 0..1: amount of text laid over the photo. */
  readonly text: number;
  /** 0..1: confidence that the photo shows a person. */
  readonly person: number;
  /** 0..1: confidence that the photo is not safe for work. */
  readonly nsfw: number;
}

/** Each factor is 0..1; 1 means no defect. */
export interface HeroFactors {
  readonly room: number;
  readonly light: number;
  readonly sharp: number;
  readonly clear: number;
  readonly empty: number;
  readonly safe: number;
}

/**
 * Computes the factors of the score from the parameters of the card. `worth.<room type>` is the value of a room type
 * and `worth.unknown` that of an unknown one. An uncertain type gets a value between the two. `cost.<defect>` is the
 * deduction for the defect at its worst.
 */
export function heroFactors(facts: HeroFacts, parameters: Readonly<Record<string, number>>): HeroFactors {
  const of = (name: string) => parameters[name] ?? 0;
  const { roomType, meanLuma, sharpness, text, person, nsfw } = facts;
  const unknown = of('worth.unknown');
  const worth = roomType ? (parameters[`worth.${roomType.name}`] ?? unknown) : unknown;
  const dark = 1 - ramp(meanLuma, of('darkMeanLuma'), of('brightMeanLuma'));
  const blurred =
    1 - ramp(Math.log(Math.max(sharpness, 1)), Math.log(of('blurredSharpness')), Math.log(of('sharpSharpness')));
  return {
    room: unknown + (roomType?.score ?? 0) * (worth - unknown),
    light: 1 - of('cost.dark') * dark,
    sharp: 1 - of('cost.blurred') * blurred,
    clear: 1 - of('cost.text') * text,
    empty: 1 - of('cost.person') * person,
    safe: nsfw >= of('unsafe') ? 0 : 1 - nsfw,
  };
}

/** Suitability of the photo as the lead photo of its listing, 0 (none) to 1: the product of the factors. */
export function heroScore({ room, light, sharp, clear, empty, safe }: HeroFactors): number {
  return room * light * sharp * clear * empty * safe;
}

/** Linear ramp: 0 up to `from`, 1 from `to` up. */
function ramp(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}
