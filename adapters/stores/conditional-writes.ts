import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { boundedRequest } from './bounded-request.js';
import { asBucketFailure, nameOf, statusOf } from './object-store.js';

/** Conditions of a put that a store honours. */
export interface ConditionalWrites {
  /** `If-None-Match: *`: the put fails if there is an object. */
  readonly create: boolean;
  /** `If-Match`: the put fails if the object has changed. */
  readonly replace: boolean;
}

/** Condition of a put; `{}` for none. */
export type PutCondition =
  { readonly IfNoneMatch: '*' } | { readonly IfMatch: string } | Readonly<Record<never, never>>;

export const unlessPresent: PutCondition = { IfNoneMatch: '*' };

/** No object has this entity tag. */
const noTag = '"00000000000000000000000000000000"';
const explanation = 'Fanlight writes this object to learn whether the store honours conditional writes.\n';

/** Returns whether a put failed because its condition does not hold, or because of another put at the same time. */
export function isConflict(thrown: unknown, condition: PutCondition): boolean {
  if (statusOf(thrown) === 412 || nameOf(thrown) === 'ConditionalRequestConflict') return true;
  return 'IfMatch' in condition && nameOf(thrown) === 'NoSuchKey';
}

/**
 * Finds out whether the store honours conditions, by up to three puts of `<prefix>.fanlight/conditional-writes`. Some
 * stores accept the headers and ignore them. Whether the store is atomic cannot be found out.
 */
export async function probeConditionalWrites(
  client: S3Client,
  { bucket, prefix, timeoutMs }: { readonly bucket: string; readonly prefix: string; readonly timeoutMs: number },
): Promise<ConditionalWrites> {
  async function put(condition: PutCondition): Promise<'stored' | 'conflict' | 'not-supported'> {
    const object = { Bucket: bucket, Key: `${prefix}.fanlight/conditional-writes`, Body: explanation };
    const command = new PutObjectCommand({ ...object, ContentType: 'text/plain', ...condition });
    try {
      await boundedRequest(timeoutMs, undefined, (abortSignal) => client.send(command, { abortSignal }));
      return 'stored';
    } catch (thrown) {
      if (isConflict(thrown, condition)) return 'conflict';
      if (statusOf(thrown) === 501 || statusOf(thrown) === 400) return 'not-supported';
      throw asBucketFailure(thrown, bucket);
    }
  }

  const first = await put(unlessPresent);
  const create = first === 'conflict' || (first === 'stored' && (await put(unlessPresent)) === 'conflict');
  return { create, replace: create && (await put({ IfMatch: noTag })) === 'conflict' };
}
