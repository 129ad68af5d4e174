import { kafka } from './kafka.js';
import { redis } from './redis.js';
import { registry } from './registry.js';
import { s3 } from './s3.js';
import { solr } from './solr.js';
import type { Part, PartName } from './part.js';

export const PARTS: readonly Part[] = [kafka, registry, redis, s3, solr];

/** The named parts, in the platform's own order. */
export function partsNamed(names: readonly PartName[]): Part[] {
  return PARTS.filter((part) => names.includes(part.name));
}
