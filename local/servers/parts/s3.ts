import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answersWith } from '../probes.js';
import { platformResource } from '../resources.js';
import type { Part } from './part.js';

/** Credentials of clients. They are public, because the server listens on the loopback address only. */
export const S3_ACCESS = {
  region: 'us-east-1',
  accessKeyId: 'fanlight',
  secretAccessKey: 'fanlight-local',
} as const;

/** S3Proxy on a folder, with atomic conditional puts. Clients must use path-style addresses. It has no object tags. */
export const s3: Part = {
  name: 's3',
  title: 'S3 store',
  version: '2.9.0',
  ports: ['s3'],
  heapMb: 256,
  fetch: 'copy-dependencies',
  sources: ['Guard.java', 'S3Launcher.java'],

  async prepare(context) {
    const objects = join(context.dataDir, 'objects');
    await mkdir(objects, { recursive: true });
    const config = join(context.dataDir, 's3proxy.conf');
    await writeFile(
      config,
      [
        `s3proxy.endpoint=http://127.0.0.1:${context.ports.s3}`,
        's3proxy.authorization=aws-v2-or-v4',
        `s3proxy.identity=${S3_ACCESS.accessKeyId}`,
        `s3proxy.credential=${S3_ACCESS.secretAccessKey}`,
        // Current AWS clients send checksum headers that S3Proxy does not know; it would answer them with 501.
        's3proxy.ignore-unknown-headers=true',
        'jclouds.provider=filesystem-nio2',
        `jclouds.filesystem.basedir=${objects}`,
        // A file system does not use them, but S3Proxy refuses to start without them.
        'jclouds.identity=unused',
        'jclouds.credential=unused',
        '',
      ].join('\n'),
    );
    return {
      kind: 'java',
      classpath: [join(context.artifacts, 'launcher.jar'), join(context.artifacts, 'lib', '*')],
      mainClass: 'S3Launcher',
      jvmArgs: [`-Dlogback.configurationFile=${platformResource('logging', 'logback.xml')}`],
      args: [config],
    };
  },

  // Lists the buckets without a signature: a server that refuses this is ready.
  probe: (context) => answersWith(`http://127.0.0.1:${context.ports.s3}/`, 403),
};
