import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface S3ClientOptions {
  /** URL such as `http://127.0.0.1:9000`. Default: AWS itself. */
  readonly endpoint?: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Upper bound of connections to the store, hence of requests in flight. */
  readonly maxSockets?: number;
  /**
   * How long the client waits for a store that hangs: `worker` up to half a minute, `gateway` some seconds.
   */
  readonly patience?: keyof typeof patiences;
}

/** Longest silence on the socket (ms), timeout of a request (ms), and number of attempts. */
const patiences = {
  worker: { socketTimeout: 10_000, requestTimeout: 20_000, maxAttempts: 3 },
  gateway: { socketTimeout: 2_000, requestTimeout: 20_000, maxAttempts: 2 },
} as const;

/**
 * Returns a client for many objects of about 100 kB. It reuses connections, does not hash objects twice, and ends
 * hanging requests.
 */
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
