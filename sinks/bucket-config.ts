import { z } from 'zod';

/** Values that differ between the sinks that write to a bucket. */
export interface BucketDefaults {
  readonly prefix: string;
  readonly concurrency: number;
  readonly maxConcurrency: number;
  /** Timeout of one request (ms). */
  readonly timeoutMs: number;
}

/** Returns the settings that all sinks share that write objects to an S3 bucket, as the shape of a zod object. */
export function bucketSettings({ prefix, concurrency, maxConcurrency, timeoutMs }: BucketDefaults) {
  return {
    bucket: z.string().min(3),
    /** Start of every key; ends in a slash unless it is empty. */
    prefix: z
      .string()
      .max(100)
      .regex(/^$|\/$/, 'ends in a slash')
      .default(prefix),
    /** Whether `open` may create a missing bucket. */
    createBucket: z.stringbool().or(z.boolean()).default(false),
    /** Upper bound of puts in flight. */
    concurrency: z.coerce.number().int().min(1).max(maxConcurrency).default(concurrency),
    /** Timeout of one request (ms), including the SDK's own retry. */
    timeoutMs: z.coerce.number().int().min(100).default(timeoutMs),
  };
}

/** Returns the environment variables of these settings, such as `FANLIGHT_SINK_S3_BUCKET` for `S3`. */
export function bucketVariables<Sink extends string>(sink: Sink) {
  return {
    bucket: `FANLIGHT_SINK_${sink}_BUCKET`,
    prefix: `FANLIGHT_SINK_${sink}_PREFIX`,
    createBucket: `FANLIGHT_SINK_${sink}_CREATE_BUCKET`,
    concurrency: `FANLIGHT_SINK_${sink}_CONCURRENCY`,
    timeoutMs: `FANLIGHT_SINK_${sink}_TIMEOUT_MS`,
  } as const;
}
