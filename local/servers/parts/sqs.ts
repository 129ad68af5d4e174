import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answersWith } from '../probes.js';
import { platformResource } from '../resources.js';
import type { Part } from './part.js';

/** ElasticMQ: the API of SQS, standard and FIFO queues. It keeps no data between starts and checks no credentials. */
export const sqs: Part = {
  name: 'sqs',
  title: 'SQS',
  version: '1.7.1',
  ports: ['sqs'],
  heapMb: 128,
  fetch: 'copy-dependencies',
  sources: ['Guard.java'],
  optional: true,

  async prepare(context) {
    const config = join(context.dataDir, 'elasticmq.conf');
    const port = context.ports.sqs;
    await writeFile(
      config,
      [
        'include classpath("application.conf")',
        `node-address { protocol = "http", host = "127.0.0.1", port = ${port}, context-path = "" }`,
        `rest-sqs { enabled = true, bind-hostname = "127.0.0.1", bind-port = ${port}, sqs-limits = strict }`,
        '',
      ].join('\n'),
    );
    return {
      kind: 'java',
      classpath: [join(context.artifacts, 'launcher.jar'), join(context.artifacts, 'lib', '*')],
      mainClass: 'org.elasticmq.server.Main',
      jvmArgs: [`-Dconfig.file=${config}`, `-Dlogback.configurationFile=${platformResource('logging', 'logback.xml')}`],
      args: [],
    };
  },

  probe: (context) => answersWith(`http://127.0.0.1:${context.ports.sqs}/health`, 200),
};
