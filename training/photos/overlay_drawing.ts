import sharp from 'sharp';
import type { Box } from '../../schemas/events.js';

/**
 * Draws random text over photos of homes, as in real listings. The benchmarks of overlay-text and text-line use it.
 * Requires that at least one font is installed.
 */

export const overlayKinds = ['banner', 'credit', 'watermark'] as const;
export type OverlayKind = (typeof overlayKinds)[number];

/** Returns numbers from 0 to 1; the same seed gives the same sequence. */
export type Random = () => number;

const words: Readonly<Record<OverlayKind, readonly string[]>> = {
  banner: [
    'FOR SALE',
    'OPEN HOUSE SUNDAY 1-4 PM',
    'New price: $415,000',
    'JUST LISTED - call 555-0142',
    'www.example-homes.com',
    'Price reduced! 3 bed, 2 bath',
  ],
  credit: [
    '© 2024 Jane Doe Photography',
    'Photo: M. Example',
    '© Example Realty 2023',
    'example-mls.com',
    'Courtesy of Example Homes LLC',
    'photo by A. Smith',
  ],
  watermark: ['PREVIEW', 'EXAMPLE REALTY', 'Sample', '© ExampleStock', 'DO NOT COPY'],
};
const fonts = ['sans-serif', 'serif', 'monospace'];
const grounds = ['#b3202a', '#123a6b', '#111111', '#f4f1e6', '#f2c230', '#1f6b3a'];
const lightGrounds = new Set(['#f4f1e6', '#f2c230']);

export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns the photo with one overlay as a JPEG file, and the place and the text of the overlay. */
export async function drawOverlay(
  photo: Buffer,
  kind: OverlayKind,
  random: Random,
): Promise<{ readonly file: Buffer; readonly place: Box; readonly text: string }> {
  const { data, info } = await sharp(photo).rotate().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const { shapes, text } = kinds[kind](width, height, random);
  const svg = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes}</svg>`,
  );
  const [file, place] = await Promise.all([
    sharp(data)
      .composite([{ input: svg }])
      .jpeg({ quality: 88 })
      .toBuffer(),
    placeOf(svg),
  ]);
  return { file, place, text };
}

/** Returns the box around the part of the drawing that is not transparent. */
async function placeOf(svg: Buffer): Promise<Box> {
  const { data, info } = await sharp(svg)
    .ensureAlpha()
    .extractChannel('alpha')
    .raw()
    .toBuffer({ resolveWithObject: true });
  let [left, right, top, bottom] = [info.width, 0, info.height, 0];
  for (const [at, alpha] of data.entries()) {
    if (alpha === 0) continue;
    const [x, y] = [at % info.width, Math.floor(at / info.width)];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x + 1), Math.min(top, y), Math.max(bottom, y + 1)];
  }
  return {
    x: left / info.width,
    y: top / info.height,
    width: (right - left) / info.width,
    height: (bottom - top) / info.height,
  };
}

/** SVG shapes, and the text in them. */
interface Drawn {
  readonly shapes: string;
  readonly text: string;
}

const kinds: Readonly<Record<OverlayKind, (width: number, height: number, random: Random) => Drawn>> = {
  banner,
  credit,
  watermark,
};

/** Draws a strip over the whole width, 8 to 14 % of the height, with text half as high. */
function banner(width: number, height: number, random: Random): Drawn {
  const high = height * between(random, 0.08, 0.14);
  const y = pick(random, [0, (height - high) / 2, height - high]);
  const ground = pick(random, grounds);
  const text = pick(random, words.banner);
  const size = Math.min(high * 0.55, (width * 1.5) / text.length);
  const place = pick(random, [
    ['start', width * 0.03],
    ['middle', width / 2],
    ['end', width * 0.97],
  ] as const);
  const strip = `<rect x="0" y="${y}" width="${width}" height="${high}" fill="${ground}" fill-opacity="${between(random, 0.7, 1)}"/>${textAt(
    {
      text,
      x: place[1],
      y: y + high / 2 + size * 0.35,
      size,
      anchor: place[0],
      style: `fill="${lightGrounds.has(ground) ? '#111' : '#fff'}" font-weight="${pick(random, ['bold', 'normal'])}"`,
      font: pick(random, fonts),
    },
  )}`;
  return { shapes: strip, text };
}

/**
 * Draws small light text in a corner, 2.6 to 4 % of the height and at least 12 pixels, with a dark shadow, so that it
 * is readable on white.
 */
function credit(width: number, height: number, random: Random): Drawn {
  const size = Math.max(12, height * between(random, 0.026, 0.04));
  const [anchor, x] = pick(random, [
    ['start', width * 0.015],
    ['end', width * 0.985],
  ] as const);
  const y = pick(random, [size * 1.3, height - size * 0.6]);
  const [text, font, colour] = [
    pick(random, words.credit),
    pick(random, fonts),
    pick(random, ['#fff', '#ffe98a', '#e8e8e8']),
  ];
  const shadow = textAt({
    text,
    x: x + size / 14,
    y: y + size / 14,
    size,
    anchor,
    style: 'fill="#000" fill-opacity="0.7"',
    font,
  });
  return { shapes: shadow + textAt({ text, x, y, size, anchor, style: `fill="${colour}"`, font }), text };
}

/** Draws large white text across the middle, 45 % opaque, level or slanted. */
function watermark(width: number, height: number, random: Random): Drawn {
  const text = pick(random, words.watermark);
  const size = Math.min(height * between(random, 0.09, 0.15), (width * 1.2) / text.length);
  const turn = pick(random, [0, -20, -30]);
  const aslant = `<g transform="rotate(${turn} ${width / 2} ${height / 2})">${textAt({ text, x: width / 2, y: height / 2, size, anchor: 'middle', style: 'fill="#fff" fill-opacity="0.45" font-weight="bold"', font: pick(random, fonts) })}</g>`;
  return { shapes: aslant, text };
}

interface Text {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly anchor: string;
  readonly style: string;
  readonly font: string;
}

function textAt({ text, x, y, size, anchor, style, font }: Text): string {
  return `<text x="${x}" y="${y}" font-size="${size}" font-family="${font}" text-anchor="${anchor}" ${style}>${text}</text>`;
}

function between(random: Random, least: number, most: number): number {
  return least + random() * (most - least);
}

export function pick<T>(random: Random, among: readonly T[]): T {
  return among[Math.floor(random() * among.length)] as T;
}
