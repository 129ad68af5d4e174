/** Roles of the processes that a run starts: `fanlight worker <role>`, and the gateway. */
export const roleNames = [
  ...(['share', 'fetch', 'retry', 'jobs', 'callbacks'] as const),
  ...(['sink-s3', 'sink-lake', 'sink-solr', 'sink-redis', 'gateway'] as const),
] as const;
export type RoleName = (typeof roleNames)[number];

/** Servers, by the name of their part in `local/servers`. */
export const serverNames = ['kafka', 'registry', 's3', 'solr', 'redis', 'redis-results'] as const;
export type ServerName = (typeof serverNames)[number];

/** A role or a server. A fault of a role hits one of its processes, or the Kafka connections of all of them. */
export type Target = RoleName | ServerName;

export function isRole(target: Target): target is RoleName {
  return (roleNames as readonly string[]).includes(target);
}
