import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { createObjectStoreClient } from '../../adapters/stores/object-store.js';
import { throughProxy } from './cuttable-proxy.js';
import { storeAddress } from './store-address.js';

export const testBucket = 'fanlight-sink-tests';

export interface S3Address {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export function s3Address(): S3Address | undefined {
  const endpoint = storeAddress('FANLIGHT_TEST_S3_ENDPOINT');
  if (endpoint === undefined) return undefined;
  const accessKeyId = process.env['FANLIGHT_TEST_S3_ACCESS_KEY_ID'] ?? '';
  const secretAccessKey = process.env['FANLIGHT_TEST_S3_SECRET_ACCESS_KEY'] ?? '';
  return { endpoint, accessKeyId, secretAccessKey };
}

export function s3Client(address: S3Address, proxy?: { readonly port: number }): S3Client {
  const endpoint = proxy === undefined ? address.endpoint : throughProxy(address.endpoint, proxy);
  return createObjectStoreClient({ ...address, endpoint, region: 'us-east-1' }, 16);
}

/** Reads all objects whose key begins with `prefix`, by key. */
export async function readObjects(client: S3Client, prefix: string): Promise<ReadonlyMap<string, Buffer>> {
  const objects = new Map<string, Buffer>();
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: testBucket, Prefix: prefix, ContinuationToken: token }),
    );
    const keys = (page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
    for (const key of keys) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: testBucket, Key: key }));
      objects.set(key, Buffer.from((await Body?.transformToByteArray()) ?? []));
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return objects;
}
