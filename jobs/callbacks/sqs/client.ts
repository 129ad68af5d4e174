import { SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { z } from 'zod';
import type { Environment } from '../../../primitives/environment.js';
import { fromEnvironment, parseConfig } from '../../../adapters/stores/store-config.js';

/** Defaults: the endpoint of the queue's URL, and the credential chain of the SDK. */
const schema = z.object({
  endpoint: z.url().optional(),
  region: z.string().default('us-east-1'),
  accessKeyId: z.string().optional(),
  secretAccessKey: z.string().optional(),
});

export const sqsVariables = {
  endpoint: 'FANLIGHT_SQS_ENDPOINT',
  region: 'FANLIGHT_SQS_REGION',
  accessKeyId: 'FANLIGHT_SQS_ACCESS_KEY_ID',
  secretAccessKey: 'FANLIGHT_SQS_SECRET_ACCESS_KEY',
} as const;

/** Throws `invalid-configuration`. */
export function createSqsClient(environment: Environment): SQSClient {
  const { endpoint, region, accessKeyId, secretAccessKey } = parseConfig(
    'callbacks',
    schema,
    fromEnvironment(environment, sqsVariables),
  );
  return new SQSClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }),
    maxAttempts: 2,
    requestHandler: new NodeHttpHandler({ connectionTimeout: 2_000 }),
    // Queues may be in another region than the client. The SDK would log a warning for each message to them.
    logger: silent,
  });
}

const ignore = () => undefined;
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
