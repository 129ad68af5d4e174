import { kafka } from './kafka.js';
import { redis, redisResults } from './redis.js';
import { registry } from './registry.js';
import { s3 } from './s3.js';
import { solr } from './solr.js';
import { sqs } from './sqs.js';
import type { Part, PartName } from './part.js';

export const PARTS: readonly Part[] = [kafka, registry, redis, redisResults, s3, solr, sqs];

/** Parts that start by default. */
export const DEFAULT_PARTS: readonly PartName[] = PARTS.filter((part) => part.optional !== true).map(
  (part) => part.name,
);

/** Returns the named parts, in the order of the platform. */
export function partsNamed(names: readonly PartName[]): Part[] {
  return PARTS.filter((part) => names.includes(part.name));
}
