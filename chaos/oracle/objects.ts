import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { Addresses } from '../../local/servers/platform.js';

/** Reads S3 directly, without the proxy. */
export interface ObjectReader {
  keys(bucket: string, prefix: string): Promise<readonly string[]>;
  read(bucket: string, key: string): Promise<Buffer>;
  close(): void;
}

export function openObjectReader({ s3 }: Addresses): ObjectReader {
  const { endpoint, region, accessKeyId, secretAccessKey } = s3;
  const client = new S3Client({
    ...{ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return {
    async keys(bucket, prefix) {
      const found: string[] = [];
      for (let after: string | undefined = ''; after !== undefined;) {
        const page: { Contents?: { Key?: string }[]; IsTruncated?: boolean } = await client.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...(after === '' ? {} : { StartAfter: after }) }),
        );
        const keys = (page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
        found.push(...keys);
        after = page.IsTruncated === true ? keys.at(-1) : undefined;
      }
      return found;
    },
    async read(bucket, key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    close: () => client.destroy(),
  };
}
