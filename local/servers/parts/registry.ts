import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError } from '../errors.js';
import { answersWith } from '../probes.js';
import type { Part } from './part.js';

/** Apicurio with its Confluent-compatible API (`/apis/ccompat/v7`), which every Kafka serializer supports. */
export const registry: Part = {
  name: 'registry',
  title: 'schema registry',
  version: '3.0.9',
  ports: ['registry'],
  heapMb: 256,
  fetch: 'unpack',
  sources: ['Guard.java'],

  async prepare(context) {
    await mkdir(context.dataDir, { recursive: true });
    // The broker keeps records that carry schema ids, so the ids must be kept as long. Without WRITE_DELAY=0 a killed
    // registry loses the ids that it acknowledged in its last half second, and those records become unreadable.
    const database = `jdbc:h2:file:${join(context.dataDir, 'schemas')};WRITE_DELAY=0`;
    return {
      kind: 'java',
      classpath: [
        join(context.artifacts, 'launcher.jar'),
        join(context.artifacts, 'lib', `apicurio-registry-app-${registry.version}-runner.jar`),
      ],
      mainClass: 'io.quarkus.runner.GeneratedMain',
      jvmArgs: [
        '-Dquarkus.http.host=127.0.0.1',
        `-Dquarkus.http.port=${context.ports.registry}`,
        `-Dapicurio.datasource.url=${database}`,
        // Default: NONE, with which the platform would accept schemas that a production registry refuses.
        '-Dapicurio.rules.global.compatibility=BACKWARD',
        '-Dquarkus.banner.enabled=false',
        '-Dquarkus.http.access-log.enabled=false',
        '-Dquarkus.log.level=WARN',
        '-Dquarkus.log.category."io.apicurio".level=WARN',
      ],
      args: [],
    };
  },

  probe: (context) => answersWith(`http://127.0.0.1:${context.ports.registry}/health/ready`, 200),

  // The registry enforces the property above but does not report it: a client that asks would get NONE.
  async settle(context) {
    const response = await fetch(`http://127.0.0.1:${context.ports.registry}/apis/ccompat/v7/config`, {
      method: 'PUT',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ compatibility: 'BACKWARD' }),
    });
    const answer = await response.text();
    if (response.ok) return;
    const message = `The schema registry refused compatibility BACKWARD with status ${response.status}: ${answer}.`;
    throw new PlatformError('part-start-failed', message, false);
  },
};
