import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Input, S3Objects } from './s3-objects.js';
import type { StoreServer } from './store-server.js';

interface Command {
  readonly input: S3Input;
  readonly constructor: { readonly name: string };
}

export interface SimS3 {
  readonly server: StoreServer;
  readonly objects: S3Objects;
  /** Called when a worker sends a put. */
  onPut(key: string): void;
}

/** The part of the SDK's client that the sinks use. */
export function createSimS3Client({ server, objects, onPut }: SimS3): S3Client {
  const client = {
    send({ input, constructor: { name } }: Command, { abortSignal }: { readonly abortSignal?: AbortSignal } = {}) {
      if (name === 'PutObjectCommand') onPut(input.Key ?? '');
      return server.request(`${name} ${input.Key ?? input.Prefix ?? ''}`, () => objects.run(name, input), abortSignal);
    },
    destroy: () => undefined,
  };
  return client as unknown as S3Client;
}
