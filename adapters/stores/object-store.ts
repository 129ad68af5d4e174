import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { CreateBucketCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { z } from 'zod';
import type { FanlightError } from '../../schemas/failure.js';
import { misconfigured, reason, rejected, unavailable } from './failures.js';
import type { Environment } from '../../primitives/environment.js';
import { fromEnvironment, parseConfig } from './store-config.js';

/** Connection to an S3 store. Defaults: AWS as the endpoint, and the SDK's credential chain instead of keys. */
const connectionSchema = z.object({
  endpoint: z.url().optional(),
  region: z.string().default('us-east-1'),
  accessKeyId: z.string().optional(),
  secretAccessKey: z.string().optional(),
});
export type ObjectStoreConnection = z.output<typeof connectionSchema>;

export const objectStoreVariables = {
  endpoint: 'FANLIGHT_S3_ENDPOINT',
  region: 'FANLIGHT_S3_REGION',
  accessKeyId: 'FANLIGHT_S3_ACCESS_KEY_ID',
  secretAccessKey: 'FANLIGHT_S3_SECRET_ACCESS_KEY',
} as const;

/** Returns a client for the store that the environment names. Throws `invalid-configuration`. */
export function objectStoreClientFrom(sink: string, environment: Environment, maxSockets: number): S3Client {
  const settings = fromEnvironment(environment, objectStoreVariables);
  return createObjectStoreClient(parseConfig(sink, connectionSchema, settings), maxSockets);
}

/** Returns a client that gives up early, because the caller retries the batch anyway. */
export function createObjectStoreClient(connection: ObjectStoreConnection, maxSockets: number): S3Client {
  const { accessKeyId, secretAccessKey } = connection;
  return new S3Client({
    region: connection.region,
    ...(connection.endpoint === undefined ? {} : { endpoint: connection.endpoint, forcePathStyle: true }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }),
    maxAttempts: 2,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 2_000,
      httpAgent: new HttpAgent({ keepAlive: true, maxSockets }),
      httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets }),
    }),
  });
}

/** Checks that the bucket exists, or creates it if `create` is true. Throws otherwise. */
export async function openBucket(client: S3Client, bucket: string, create: boolean, timeoutMs: number): Promise<void> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: AbortSignal.timeout(timeoutMs) });
  } catch (thrown) {
    if (!create || statusOf(thrown) !== 404) throw asBucketFailure(thrown, bucket);
    await createBucket(client, bucket, timeoutMs);
  }
}

async function createBucket(client: S3Client, bucket: string, timeoutMs: number): Promise<void> {
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }), { abortSignal: AbortSignal.timeout(timeoutMs) });
  } catch (thrown) {
    // Another worker that started at the same time has created it.
    if (nameOf(thrown) !== 'BucketAlreadyOwnedByYou') throw asBucketFailure(thrown, bucket);
  }
}

/**
 * Converts an error of a put. 4xx answers about the transfer, not about the object, are worth a retry: `RequestTimeout`
 * and `IncompleteBody` have status 400, and `ExpiredToken` ends once the SDK renews the token.
 */
export function asPutFailure(thrown: unknown, bucket: string, what: string): FanlightError {
  const status = statusOf(thrown);
  const aboutObject = status !== undefined && status >= 400 && status < 500 && !bucketStatuses.has(status);
  if (aboutObject && !transferErrors.has(nameOf(thrown))) {
    return rejected(`bucket ${bucket}`, what, `${nameOf(thrown)}, ${reason(thrown)}`, thrown);
  }
  return asBucketFailure(thrown, bucket);
}

/** Converts an error of a request without a record. */
export function asBucketFailure(thrown: unknown, bucket: string): FanlightError {
  const status = statusOf(thrown);
  const store = `bucket ${bucket}`;
  if (status === 401 || status === 403) {
    return misconfigured(store, 'access is denied', 'Check the access key, its policy and the clock.', thrown);
  }
  if (status === 404) {
    return misconfigured(store, 'it does not exist', 'Create the bucket, or set createBucket.', thrown);
  }
  if (status === 301 || status === 307) {
    return misconfigured(store, 'it is in another region', 'Set the region of the bucket.', thrown);
  }
  if (status === 501) {
    return misconfigured(store, 'the store lacks a function of S3 that is needed', reason(thrown), thrown);
  }
  if (nameOf(thrown) === 'CredentialsProviderError') {
    return misconfigured(store, 'there are no credentials', 'Set the access key, or give the node a role.', thrown);
  }
  return unavailable(store, 'cannot be reached', thrown);
}

const bucketStatuses = new Set([401, 403, 404, 408, 429]);
const transferErrors = new Set([
  'RequestTimeout',
  'IncompleteBody',
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  'ExpiredToken',
  'OperationAborted',
]);

/** Returns the error code of S3, such as `NoSuchKey`. */
export function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : '';
}

/** Returns the HTTP status of an error of the SDK, or undefined if there was no answer. */
export function statusOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('$metadata' in thrown)) return undefined;
  const { $metadata: metadata } = thrown;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
