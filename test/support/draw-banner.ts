import sharp from 'sharp';

/** Strokes of letters on a field 4 wide and 6 high, because some machines have no fonts. */
const letters: Readonly<Record<string, string>> = {
  A: 'M0 6 2 0 4 6 M1 4H3',
  D: 'M0 0V6H2.4L4 4.6V1.4L2.4 0Z',
  E: 'M4 0H0V6H4 M0 3H3',
  F: 'M4 0H0V6 M0 3H3',
  L: 'M0 0V6H4',
  O: 'M1.2 0H2.8L4 1.2V4.8L2.8 6H1.2L0 4.8V1.2Z',
  R: 'M0 6V0H4V3H0 M1 3 4 6',
  S: 'M4 1 3 0H1L0 1V2.2L1 3H3L4 3.8V5L3 6H1L0 5',
};

export interface Banner {
  /** Position and size, as fractions of the photo. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Returns the photo as PNG, with a dark strip over its whole width on which letters fill `at`. */
export async function drawBanner(photo: Buffer, text: string, at: Banner): Promise<Buffer> {
  const { width, height } = await sharp(photo).metadata();
  const strokes = [...text]
    .map((letter, i) => `<path d="${letters[letter] ?? ''}" transform="translate(${i * 6} 0)"/>`)
    .join('');
  const [scaleX, scaleY] = [(at.width * width) / (text.length * 6 - 2), (at.height * height) / 6];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <rect y="${(at.y - at.height / 2) * height}" width="${width}" height="${2 * at.height * height}" fill="#123a6b"/>
    <g transform="translate(${at.x * width} ${at.y * height}) scale(${scaleX} ${scaleY})" fill="none" stroke="#fff" stroke-width="0.9">${strokes}</g></svg>`;
  return sharp(photo)
    .composite([{ input: Buffer.from(svg) }])
    .png()
    .toBuffer();
}
