import { createHash } from 'node:crypto';
import { decodeImage } from '../../processors/decode-image.js';
import { identifyFormat } from '../../processors/decoding/format-identification.js';
import type { Operation, OperationContext } from '../../processors/operation.js';
import type { Ports } from '../../processors/ports.js';
import { resizeImage } from '../../processors/resize-image.js';
import { tagOverlayText } from '../../processors/text/tag-overlay-text.js';
import type { Box, Tag } from '../../schemas/events.js';
import { modelIdOf, type ModelCard } from '../../models/card.js';
import { describeModel } from '../../models/description.js';
import type { LoadedModel } from '../../models/framework.js';
import { drawOverlay, overlayKinds, randomOf, type OverlayKind } from './overlay_drawing.js';

/** Returns the tags of an image file, as the pipeline does. */
export type OverlayTagger = (file: Buffer) => Promise<readonly Tag[]>;

/** @throws Error if the card's input is not a scaled image */
export async function openOverlayTagger(
  model: Pick<LoadedModel, 'run'>,
  card: ModelCard,
  dir: string,
): Promise<OverlayTagger> {
  const { input } = card;
  if (input.kind !== 'scaled-image') throw new Error(`The input of ${modelIdOf(card)} is not a scaled image.`);
  const ports = { models: { describe: () => Promise.resolve(describeModel(card, dir)) } } as unknown as Ports;
  const context = { signal: new AbortController().signal } as OperationContext;
  const open = async <In extends object, Out>(operation: Operation<In, Out>) => operation.open(ports);
  const decode = await open(decodeImage({ minShortSide: 512, minLongSide: input.longSide }));
  const resize = await open(resizeImage({ mode: 'multiple', multipleOf: input.multipleOf, longSide: input.longSide }));
  const tag = await open(tagOverlayText(modelIdOf(card)));
  return async function tagsOf(bytes) {
    const file = {
      bytes,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      format: await identifyFormat(bytes),
    };
    const tensor = await resize({ pixels: await decode({ file }, context) }, context);
    const { coverage, strength } = await model.run([{ input: tensor }]);
    return tag(
      { text: { coverage: coverage?.[0] ?? new Float32Array(), strength: strength?.[0] ?? new Float32Array() } },
      context,
    );
  };
}

export interface FoundOverlays {
  readonly found: Readonly<Record<OverlayKind, number>>;
  readonly missed: readonly { readonly photo: string; readonly kind: OverlayKind }[];
  /** Photos that get a tag although nothing was drawn on them. */
  readonly alarms: readonly { readonly photo: string; readonly boxes: readonly (Box | null)[] }[];
}

/**
 * Tags each photo four times: unchanged, and with one random overlay of each kind. An overlay counts as found if the
 * box of a tag touches the overlay.
 */
export async function findOverlays(
  photos: readonly { readonly name: string; read(): Promise<Buffer> }[],
  tagsOf: OverlayTagger,
  seed: number,
): Promise<FoundOverlays> {
  const found = { banner: 0, credit: 0, watermark: 0 } satisfies Record<OverlayKind, number>;
  const missed: { photo: string; kind: OverlayKind }[] = [];
  const alarms: { photo: string; boxes: (Box | null)[] }[] = [];
  for (const [at, { name, read }] of photos.entries()) {
    const photo = await read();
    const clean = await tagsOf(photo);
    if (clean.length > 0) alarms.push({ photo: name, boxes: clean.map(({ box }) => box) });
    for (const [nth, kind] of overlayKinds.entries()) {
      const { file, place } = await drawOverlay(photo, kind, randomOf(seed * 100_000 + at * 10 + nth));
      if ((await tagsOf(file)).some(({ box }) => touch(box, place))) found[kind] += 1;
      else missed.push({ photo: name, kind });
    }
  }
  return { found, missed, alarms };
}

export function touch(a: Box | null, b: Box): boolean {
  return a !== null && a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
