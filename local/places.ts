import type { DeploymentRecord } from './deployment-record.js';

/** Renders the addresses of a deployment, with commands to try. */
export function describePlaces({ gatewayUrl, environment, logDir }: DeploymentRecord): string {
  const solr = environment['FANLIGHT_SOLR_URL'] ?? '(not set)';
  const redis = environment['FANLIGHT_REDIS_URL'];
  const sinkRedis = environment['FANLIGHT_SINK_REDIS_URL'];
  const open = environment['FANLIGHT_GATEWAY_AUTH'] === 'off';
  const rows: [string, string][] = [
    [
      'Gateway',
      `curl --data-binary @photo.jpg${open ? '' : " -H 'authorization: Bearer KEY'"} -H 'content-type: image/jpeg' ${gatewayUrl}/v1/tags`,
    ],
    ['', open ? 'open: requires no API key (FANLIGHT_GATEWAY_AUTH=off)' : 'keys: fanlight keys create NAME'],
    ['Solr', `${solr}/select?q=*:*&facet=true&facet.field=roomType&facet.field=tags`],
    [
      'S3',
      `${environment['FANLIGHT_S3_ENDPOINT'] ?? 'AWS'}  s3://${environment['FANLIGHT_SINK_S3_BUCKET'] ?? ''}/tags/…  s3://${environment['FANLIGHT_SINK_LAKE_BUCKET'] ?? ''}/lake/…`,
    ],
    ['Redis', `${sinkRedis ?? redis ?? '(not set)'}  HGETALL fl:photo:<imageId>`],
    ['', `${redis ?? '(not set)'}  keys, limits, jobs`],
    [
      'Kafka',
      `${environment['FANLIGHT_KAFKA_BROKERS'] ?? ''}  events in: listing-images.bulk, tags out: image-tags.bulk`,
    ],
    ['Registry', environment['FANLIGHT_REGISTRY_URL'] ?? ''],
    ['Logs', logDir],
  ];
  return rows.map(([name, place]) => `  ${name.padEnd(9)} ${place}`).join('\n');
}
