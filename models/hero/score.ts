import type { RoomType } from '../../schemas/events.js';

/** What the score is made of. */
export interface HeroFacts {
  readonly roomType: RoomType | null;
  /** 0 black to 255 white. */
  readonly meanLuma: number;
  /** Laplacian variance. */
  readonly sharpness: number;
  /** 0..1: how much text is laid over the photo. */
  readonly text: number;
  /** 0..1: how surely a person is in it. */
  readonly person: number;
  /** 0..1: how surely it is not safe for work. */
  readonly nsfw: number;
}

/** Each 0..1, and 1 where nothing is wrong. */
export interface HeroFactors {
  readonly room: number;
  readonly light: number;
  readonly sharp: number;
  readonly clear: number;
  readonly empty: number;
  readonly safe: number;
}

/**
 * The factors of the score, by the parameters of the card. `worth.<room type>` is what a room is worth, `worth.unknown`
 * a photo
 * of unknown type; in between lies a type that is not certain. `cost.<defect>` is what the defect takes away at its
 * worst.
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

/** How well the photo would lead its listing, 0 (not at all) to 1: the product of the factors. */
export function heroScore({ room, light, sharp, clear, empty, safe }: HeroFactors): number {
  return room * light * sharp * clear * empty * safe;
}

/** 0 up to `from`, 1 from `to` up, and a straight line between them. */
function ramp(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}
