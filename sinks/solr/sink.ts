import type { ImageTags } from '../../schemas/events.js';
import { rejected, unavailable } from '../../adapters/stores/failures.js';
import { type IndexedRecord, refuseUnusable } from '../unusable-records.js';
import type { Rejection, Sink, TagRecord } from '../sink.js';
import type { SolrSinkConfig } from './config.js';
import { solrUpdates } from './request.js';
import { createSolrService } from './service.js';

/** Upper bound of attempts to update a photo that another writer changes at the same moment. */
const maxConflicts = 5;

/**
 * Writes one document for each photo by atomic updates. Each pipeline replaces its own fields only.
 *
 * The sink reads the photos of a batch before it writes them. The read shows which results are older than those in the
 * index. It also gives the version of each photo: Solr refuses the update if another writer has changed it since. So
 * an update that arrives late, from a former owner of the partition, changes nothing.
 */
export function createSolrSink(config: SolrSinkConfig): Sink<ImageTags> {
  const service = createSolrService(config);

  async function writeEntries(
    entries: readonly IndexedRecord[],
    rejections: Rejection[],
    signal?: AbortSignal,
  ): Promise<void> {
    let pending = entries;
    const pipelines = new Set(entries.map(({ record }) => record.value.pipeline));
    for (let attempt = 0; attempt < maxConflicts; attempt += 1) {
      if (pending.length === 0) return;
      const ids = [...new Set(pending.map(({ record }) => record.value.imageId))];
      const updates = solrUpdates(pending, await service.read(ids, pipelines, signal));
      if (updates.length === 0) return;
      const outcome = await service.update(updates, signal);
      if (outcome.refused) return narrowDown(pending, outcome.why, rejections, signal);
      const conflicting = new Set(updates.map(({ id }) => id).filter((id) => !outcome.applied.has(id)));
      pending = pending.filter(({ record }) => conflicting.has(record.value.imageId));
    }
    if (pending.length > 0) throw unavailable('Solr', `${pending.length} photos keep changing while they are updated`);
  }

  /** Halves a refused batch again and again until each refused record stands alone. */
  async function narrowDown(
    entries: readonly IndexedRecord[],
    why: string,
    rejections: Rejection[],
    signal?: AbortSignal,
  ): Promise<void> {
    const [only] = entries;
    if (only !== undefined && entries.length === 1) {
      rejections.push({ index: only.index, error: rejected('Solr', `result ${only.record.id}`, why) });
      return;
    }
    const middle = Math.ceil(entries.length / 2);
    await writeEntries(entries.slice(0, middle), rejections, signal);
    await writeEntries(entries.slice(middle), rejections, signal);
  }

  async function writeToSolr(batch: readonly TagRecord[], signal?: AbortSignal): Promise<readonly Rejection[]> {
    const { writable, rejections } = refuseUnusable('sink solr', batch);
    const refused = [...rejections];
    await writeEntries(writable, refused, signal);
    return refused;
  }

  return {
    name: 'solr',
    batch: { maxRecords: config.maxRecords, maxDelayMs: config.maxDelayMs },
    open: service.open,
    write: writeToSolr,
    close: service.close,
  };
}
