import type { ListingImage } from '../../schemas/events.js';
import { listingImageId } from '../../schemas/ids.js';
import type { HeldMemory } from '../../http/bodies/memory.js';
import type { BodyReadOptions } from '../../http/bodies/whole-body.js';
import type { HttpContext } from '../../http/context.js';
import { readDocument, readFile, type RequestForm } from '../../http/requests/forms.js';
import { requireImage } from '../../http/requests/image-format.js';
import type { UploadStore } from '../../runtime/replies/request-reply.js';
import type { GatewayLimits } from '../limits.js';
import { choosePipeline, type PipelineOffers } from '../pipelines.js';
import type { RequestedImage } from './image-tagging.js';
import { imageByUrl, storeLarge, uploadedImage, type UploadedImage } from './listing-image.js';
import { createTagForms, type ImageByUrl, type TagWishes } from './tag-request.js';

/** The images and options of a request, independent of its form. */
export interface RequestedTags {
  readonly wishes: TagWishes;
  readonly pipeline: string;
  readonly images: readonly RequestedImage[];
  /** Whether the answer is a list. */
  readonly several: boolean;
}

export interface TagReaderOptions {
  /** Options for reading bodies. */
  readonly reading: BodyReadOptions;
  readonly pipelines: PipelineOffers;
  readonly limits: GatewayLimits;
  readonly images: UploadStore | undefined;
}

/** Reads requests for tags: a JSON document with URLs, or an uploaded image. */
export function createTagReader({ reading, pipelines, limits, images }: TagReaderOptions) {
  const forms = createTagForms(limits);

  async function readUrls(context: HttpContext): Promise<RequestedTags> {
    const document = await readDocument(forms.document, context, reading);
    const pipeline = choosePipeline(pipelines, document);
    const several = 'images' in document;
    return {
      wishes: document,
      pipeline,
      several,
      images: (several ? document.images : [document]).map((image) => requestedByUrl(image, pipeline)),
    };
  }

  async function readUpload(context: HttpContext): Promise<RequestedTags> {
    const { fields, ...file } = await readFile(forms.upload, context, reading);
    const pipeline = choosePipeline(pipelines, fields);
    await requireImage(file.bytes);
    const event = uploadedImage(file, { ...fields, pipeline });
    const { imageId, listingId } = event;
    const uploaded = {
      image: null,
      imageId,
      listingId,
      key: listingImageId(event),
      event: storedOnce(event, file.sha256, context.get('body').memory),
    };
    return { wishes: fields, pipeline, several: false, images: [uploaded] };
  }

  /** Stores the image at the first call, and releases a large image from memory before it is tagged. */
  function storedOnce(image: UploadedImage, sha256: string, memory: HeldMemory): RequestedImage['event'] {
    // The functions below must not name `image`: they live as long as the request.
    let held: UploadedImage | undefined = image;
    let stored: Promise<ListingImage> | undefined;
    async function store(): Promise<ListingImage> {
      if (held === undefined) throw new TypeError('an image is stored once');
      const event = await storeLarge(held, sha256, { inlineBytes: limits.inlineBytes, images });
      held = undefined;
      if (event.content === null) memory.release();
      return event;
    }
    return () => (stored ??= store());
  }

  return {
    forms: [forms.document, forms.upload],
    read: ({ kind }: Pick<RequestForm, 'kind'>, context: HttpContext): Promise<RequestedTags> =>
      kind === 'json' ? readUrls(context) : readUpload(context),
  };
}

function requestedByUrl(image: ImageByUrl, pipeline: string): RequestedImage {
  const event = imageByUrl(image, pipeline);
  const { imageId, listingId } = event;
  return { image: image.url, imageId, listingId, key: listingImageId(event), event: () => event };
}
