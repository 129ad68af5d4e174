import type { ConnectOptions } from '../../adapters/outbound/guarded-connection.js';
import type { Clock } from '../../primitives/clock.js';
import type { Environment } from '../../primitives/environment.js';
import type { Callback, CallbackTarget } from './callback.js';
import type { CallbackConfig } from './config.js';
import type { PublishTo } from './kafka/callback.js';
import { parseTopic } from './kafka/uri.js';
import { parsePrefix } from './s3/uri.js';
import { parseQueue } from './sqs/uri.js';
import { parseWebhook } from './webhook/uri.js';
import type { WebhookStore } from './webhook/store.js';

/** Resources that kinds need for deliveries. */
export interface CallbackResources {
  readonly environment: Environment;
  readonly config: CallbackConfig;
  readonly clock: Clock;
  readonly publishTo: PublishTo;
  readonly webhooks: WebhookStore;
  readonly onUnreachable?: ConnectOptions['onUnreachable'];
}

export interface CallbackKind {
  readonly name: string;
  /** URI schemes, each with its colon. */
  readonly schemes: readonly string[];
  /** Returns the target of the URI. Throws `invalid-callback`. */
  parse(uri: string, config: CallbackConfig): Omit<CallbackTarget, 'kind'>;
  /** Opens no connection yet. */
  open(resources: CallbackResources): Promise<Callback>;
}

/** All kinds. Clients are imported when a kind is opened, so that a program that only parses URIs loads none. */
export const callbackKinds: readonly CallbackKind[] = [
  {
    name: 'kafka',
    schemes: ['kafka:'],
    parse: parseTopic,
    async open({ publishTo }) {
      const { createKafkaCallback } = await import('./kafka/callback.js');
      return createKafkaCallback(publishTo);
    },
  },
  {
    name: 'sqs',
    schemes: ['sqs:'],
    parse: parseQueue,
    async open({ environment, config }) {
      const { createSqsClient } = await import('./sqs/client.js');
      const { createSqsCallback } = await import('./sqs/callback.js');
      return createSqsCallback(createSqsClient(environment), config);
    },
  },
  {
    name: 's3',
    schemes: ['s3:'],
    parse: parsePrefix,
    async open({ environment, config }) {
      const { objectStoreClientFrom } = await import('../../adapters/stores/object-store.js');
      const { createS3Callback } = await import('./s3/callback.js');
      return createS3Callback(objectStoreClientFrom('callbacks', environment, 16), config);
    },
  },
  {
    name: 'webhook',
    schemes: ['https:', 'http:'],
    parse: parseWebhook,
    async open({ config, clock, webhooks, onUnreachable }) {
      const { createWebhookCallback } = await import('./webhook/callback.js');
      return createWebhookCallback({ config, clock, store: webhooks, ...(onUnreachable && { onUnreachable }) });
    },
  },
];
