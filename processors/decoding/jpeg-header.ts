/** The properties that decide how a JPEG is decoded. Sides in pixels, as stored (before the orientation is applied). */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1 (grey), 3 (colour) or 4 (CMYK). */
  readonly components: number;
  readonly bitsPerSample: number;
  readonly isProgressive: boolean;
  /** EXIF orientation, 1 to 8; 1 when absent or out of range. */
  readonly orientation: number;
  /** True when the file embeds a colour profile other than sRGB, so that pixels must be converted. */
  readonly hasForeignProfile: boolean;
}

const marker = { startOfScan: 0xda, endOfImage: 0xd9, app1: 0xe1, app2: 0xe2 } as const;

/**
 * Reads the segments before the first scan (ITU T.81, annex B). Returns undefined for an unexpected structure, which
 * leaves the decision to a full decoder.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let orientation: number | undefined;
  let hasForeignProfile = false;
  let frame: Omit<JpegHeader, 'orientation' | 'hasForeignProfile'> | undefined;
  let offset = 2;
  while (offset + 4 <= buffer.length) {
    if (buffer[offset] !== 0xff) return undefined;
    const code = buffer[offset + 1] ?? 0;
    if (code === 0xff) {
      offset += 1;
      continue;
    }
    if (code === marker.endOfImage) return undefined;
    const start = offset + 4;
    const end = offset + 2 + buffer.readUInt16BE(offset + 2);
    if (end < start || end > buffer.length) return undefined;
    if (code === marker.startOfScan) return frame && { ...frame, orientation: orientation ?? 1, hasForeignProfile };
    const segment = buffer.subarray(start, end);
    if (isStartOfFrame(code) && segment.length >= 6) {
      frame = {
        isProgressive: code === 0xc2 || code === 0xca,
        bitsPerSample: segment.readUInt8(0),
        height: segment.readUInt16BE(1),
        width: segment.readUInt16BE(3),
        components: segment.readUInt8(5),
      };
    }
    if (code === marker.app1) orientation ??= readExifOrientation(segment);
    if (code === marker.app2) hasForeignProfile ||= isForeignProfile(segment);
    offset = end;
  }
  return undefined;
}

/** Counts start-of-scan markers in the whole file. Entropy-coded data cannot contain one (ITU T.81, B.1.1.5). */
export function countScans(bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let scans = 0;
  for (let at = buffer.indexOf(startOfScan); at !== -1; at = buffer.indexOf(startOfScan, at + 2)) scans += 1;
  return scans;
}

const startOfScan = Buffer.from([0xff, 0xda]);

/** SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC). */
function isStartOfFrame(code: number): boolean {
  return code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc;
}

/** EXIF 2.3 §4.5: a TIFF header, then the entries of the first directory; tag 0x0112 is the orientation. */
function readExifOrientation(segment: Buffer): number | undefined {
  if (segment.length < 14 || segment.toString('latin1', 0, 6) !== 'Exif\0\0') return undefined;
  const tiff = segment.subarray(6);
  const byteOrder = tiff.toString('latin1', 0, 2);
  if (byteOrder !== 'II' && byteOrder !== 'MM') return undefined;
  const short = (at: number) => (byteOrder === 'II' ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = byteOrder === 'II' ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (directory + 2 > tiff.length) return undefined;
  const entries = short(directory);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + i * 12;
    if (entry + 12 > tiff.length) return undefined;
    if (short(entry) !== 0x0112) continue;
    const value = short(entry + 8);
    return value >= 1 && value <= 8 ? value : undefined;
  }
  return undefined;
}

/** An sRGB profile contains that name in its description, as ASCII or UTF-16. Any other profile needs a conversion. */
function isForeignProfile(segment: Buffer): boolean {
  if (segment.toString('latin1', 0, 12) !== 'ICC_PROFILE\0') return false;
  if (segment[12] !== 1) return false;
  return !segment.includes('sRGB', 0, 'latin1') && !segment.includes('s\0R\0G\0B', 0, 'latin1');
}
