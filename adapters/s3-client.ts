import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface S3ClientOptions {
  /** Such as `http://127.0.0.1:9000`; undefined is AWS itself. */
  readonly endpoint?: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Connections to the store, and thereby requests at the same time. */
  readonly maxSockets?: number;
  /**
   * For a store that hangs: `worker` tries for half a minute, `gateway` says after some seconds that it does not
   * answer.
   */
  readonly patience?: keyof typeof patiences;
}

/** Milliseconds without a byte, milliseconds for a request, and how often it is made. */
const patiences = {
  worker: { socketTimeout: 10_000, requestTimeout: 20_000, maxAttempts: 3 },
  gateway: { socketTimeout: 2_000, requestTimeout: 20_000, maxAttempts: 2 },
} as const;

/** A client for many objects of about 100 kB: connections kept, objects not hashed twice, hanging requests ended. */
export function createS3Client(options: S3ClientOptions): S3Client {
  const { endpoint, region, accessKeyId, secretAccessKey, maxSockets = 64, patience = 'worker' } = options;
  const { maxAttempts, ...timeouts } = patiences[patience];
  const agentOptions = { keepAlive: true, maxSockets };
  return new S3Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    credentials: { accessKeyId, secretAccessKey },
    // The keys are hashes of the contents, so a second checksum over them adds CPU and no safety.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts,
    requestHandler: new NodeHttpHandler({
      httpAgent: new HttpAgent(agentOptions),
      httpsAgent: new HttpsAgent(agentOptions),
      connectionTimeout: 2_000,
      ...timeouts,
      throwOnRequestTimeout: true,
    }),
  });
}
