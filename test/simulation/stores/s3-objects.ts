export interface StoredObject {
  readonly body: Buffer;
  readonly etag: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Answers of S3 that are errors, with the names and statuses that the SDK gives them. */
export class S3Error extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(name: string, status: number) {
    super(name);
    this.name = name;
    this.$metadata = { httpStatusCode: status };
  }
}

export interface S3Input {
  readonly Bucket?: string;
  readonly Key?: string;
  readonly Body?: Uint8Array | string;
  readonly Metadata?: Record<string, string>;
  readonly IfNoneMatch?: string;
  readonly IfMatch?: string;
  readonly Range?: string;
  readonly Prefix?: string;
  readonly StartAfter?: string;
  readonly ContinuationToken?: string;
  readonly MaxKeys?: number;
}

/** The objects of all buckets, with conditional writes (`If-Match`, `If-None-Match: *`) as S3 has them. */
export class S3Objects {
  readonly #objects = new Map<string, StoredObject>();
  #writes = 0;
  /** Whether the store answers and forgets: a fault that no client can repair. */
  forgets = false;

  get(bucket: string, key: string): StoredObject | undefined {
    return this.#objects.get(`${bucket}/${key}`);
  }

  keys(bucket: string): readonly string[] {
    return [...this.#objects.keys()]
      .filter((path) => path.startsWith(`${bucket}/`))
      .map((path) => path.slice(bucket.length + 1))
      .sort();
  }

  /** Runs a command of the SDK by its name. Throws `S3Error`. */
  run(command: string, input: S3Input): object {
    switch (command) {
      case 'HeadBucketCommand':
      case 'CreateBucketCommand':
        return {};
      case 'PutObjectCommand':
        return this.#put(input);
      case 'HeadObjectCommand':
        return headOf(this.#existing(input, 'NotFound'));
      case 'GetObjectCommand':
        return this.#read(input);
      case 'ListObjectsV2Command':
        return this.#list(input);
      default:
        throw new Error(`the simulated S3 does not know ${command}`);
    }
  }

  #existing({ Bucket = '', Key = '' }: S3Input, name: string): StoredObject {
    const object = this.get(Bucket, Key);
    if (object === undefined) throw new S3Error(name, 404);
    return object;
  }

  #put({ Bucket = '', Key = '', Body = '', Metadata = {}, IfNoneMatch, IfMatch }: S3Input): object {
    const known = this.get(Bucket, Key);
    if (IfNoneMatch === '*' && known) throw new S3Error('PreconditionFailed', 412);
    if (IfMatch !== undefined && !known) throw new S3Error('NoSuchKey', 404);
    if (IfMatch !== undefined && known?.etag !== IfMatch) throw new S3Error('PreconditionFailed', 412);
    const body = Buffer.from(Body);
    const etag = `"${(this.#writes += 1)}"`;
    if (!this.forgets) this.#objects.set(`${Bucket}/${Key}`, { body, etag, metadata: lowerCase(Metadata) });
    return { ETag: etag };
  }

  #read(input: S3Input): object {
    const object = this.#existing(input, 'NoSuchKey');
    const range = /^bytes=(\d+)-(\d*)$/.exec(input.Range ?? '');
    const body = range
      ? object.body.subarray(Number(range[1]), range[2] === '' ? undefined : Number(range[2]) + 1)
      : object.body;
    return { ...headOf(object), Body: streamOf(body), ContentLength: body.length };
  }

  #list({ Bucket = '', Prefix = '', StartAfter = '', ContinuationToken = '', MaxKeys = 1_000 }: S3Input): object {
    const after = ContinuationToken > StartAfter ? ContinuationToken : StartAfter;
    const keys = this.keys(Bucket).filter((key) => key.startsWith(Prefix) && key > after);
    const page = keys.slice(0, MaxKeys);
    const isTruncated = keys.length > page.length;
    return {
      Contents: page.map((Key) => ({
        Key,
        ETag: this.get(Bucket, Key)?.etag,
        Size: this.get(Bucket, Key)?.body.length,
      })),
      IsTruncated: isTruncated,
      KeyCount: page.length,
      ...(isTruncated ? { NextContinuationToken: page.at(-1) } : {}),
    };
  }
}

function headOf({ etag, metadata, body }: StoredObject) {
  return { ETag: etag, Metadata: metadata, ContentLength: body.length };
}

/** S3 keeps names of user metadata in lower case. */
function lowerCase(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value]));
}

function streamOf(bytes: Buffer) {
  return {
    transformToString: (encoding: BufferEncoding = 'utf8') => Promise.resolve(bytes.toString(encoding)),
    transformToByteArray: () => Promise.resolve(new Uint8Array(bytes)),
    *[Symbol.iterator]() {
      yield bytes;
    },
    async *[Symbol.asyncIterator]() {
      yield await Promise.resolve(bytes);
    },
  };
}
