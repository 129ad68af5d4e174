import type { S3Client } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';

/** A bucket in memory, with the commands that the sinks send. */
export interface MemoryBucket {
  readonly objects: Map<string, StoredObject>;
  /** Names of the commands, in the order in which the bucket answered them. */
  readonly requests: string[];
  /** Returns a client. `transport` stands between the client and the bucket; default: none. */
  client(transport?: Transport): S3Client;
}

export interface StoredObject {
  readonly body: Buffer;
  readonly etag: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Runs `apply` when the request reaches the bucket, and resolves with its answer when that reaches the client. */
export type Transport = <Answer>(request: {
  readonly name: string;
  readonly apply: () => Answer;
  readonly signal: AbortSignal | undefined;
}) => Promise<Answer>;

export interface MemoryBucketOptions {
  /** Default: both. The bucket ignores the others, as some stores do. */
  readonly honours?: readonly ('IfNoneMatch' | 'IfMatch')[];
  /** Keys in one page of a listing. Default: 1,000, as in S3. */
  readonly pageSize?: number;
}

interface Command {
  readonly input: {
    readonly Key?: string;
    readonly Prefix?: string;
    readonly StartAfter?: string;
    readonly Body?: Buffer | string;
    readonly Metadata?: Readonly<Record<string, string>>;
    readonly IfNoneMatch?: string;
    readonly IfMatch?: string;
    readonly Range?: string;
  };
}

function failure(status: number, name: string): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode: status } });
}

export function memoryBucket(options: MemoryBucketOptions = {}): MemoryBucket {
  const { honours = ['IfNoneMatch', 'IfMatch'], pageSize = 1_000 } = options;
  const objects = new Map<string, StoredObject>();
  const requests: string[] = [];

  function put({ Key = '', Body = '', Metadata = {}, IfNoneMatch, IfMatch }: Command['input']): object {
    const held = objects.get(Key);
    if (IfNoneMatch !== undefined && honours.includes('IfNoneMatch') && held) throw failure(412, 'PreconditionFailed');
    if (IfMatch !== undefined && honours.includes('IfMatch')) {
      if (held === undefined) throw failure(404, 'NoSuchKey');
      if (held.etag !== IfMatch) throw failure(412, 'PreconditionFailed');
    }
    const body = Buffer.from(Body);
    objects.set(Key, { body, etag: `"${createHash('md5').update(body).digest('hex')}"`, metadata: Metadata });
    return {};
  }

  function get({ Key = '', Range = '' }: Command['input']): object {
    const held = objects.get(Key);
    if (held === undefined) throw failure(404, 'NoSuchKey');
    if (Range !== '' && held.body.length === 0) throw failure(416, 'InvalidRange');
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(Range) ?? [];
    const bytes = from === undefined ? held.body : held.body.subarray(Number(from), Number(to) + 1);
    const Body = {
      transformToByteArray: () => Promise.resolve(bytes),
      transformToString: () => Promise.resolve(bytes.toString()),
    };
    return { ETag: held.etag, Metadata: held.metadata, Body };
  }

  function list({ Prefix = '', StartAfter = '' }: Command['input']): object {
    const keys = [...objects.keys()].filter((key) => key.startsWith(Prefix) && key > StartAfter).sort();
    return { Contents: keys.slice(0, pageSize).map((Key) => ({ Key })), IsTruncated: keys.length > pageSize };
  }

  const answers: Readonly<Record<string, (input: Command['input']) => object>> = {
    HeadBucketCommand: () => ({}),
    PutObjectCommand: put,
    GetObjectCommand: get,
    HeadObjectCommand(input) {
      if (!objects.has(input.Key ?? '')) throw failure(404, 'NotFound');
      return get(input);
    },
    ListObjectsV2Command: list,
  };

  return {
    objects,
    requests,
    client(transport = async ({ apply }) => apply()) {
      async function send(command: Command, { abortSignal }: { abortSignal?: AbortSignal } = {}): Promise<object> {
        const { name } = command.constructor;
        const answer = answers[name];
        if (answer === undefined) throw new Error(`the bucket in memory has no ${name}`);
        const apply = () => {
          requests.push(name.replace(/Command$/, ''));
          return answer(command.input);
        };
        return transport({ name, apply, signal: abortSignal });
      }
      return { send, destroy: () => undefined } as unknown as S3Client;
    },
  };
}
