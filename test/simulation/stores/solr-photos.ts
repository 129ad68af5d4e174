import { boundedRequest } from '../../../adapters/stores/bounded-request.js';
import { unavailable } from '../../../adapters/stores/failures.js';
import { photoResultId, pipelineFields } from '../../../sinks/solr/field-names.js';
import type { HeldPhoto, SolrUpdate } from '../../../sinks/solr/request.js';
import type { SolrService } from '../../../sinks/solr/service.js';
import type { StoreServer } from './store-server.js';

/** Timeout of a request in the service of the product (ms). */
const timeoutMs = 10_000;

type Fields = ReadonlyMap<string, unknown>;

/** Documents with versions. An update applies only to the version that it names. */
export class SolrPhotos {
  readonly documents = new Map<string, { readonly version: string; readonly fields: Fields }>();
  #version = 0;

  /** Returns whether the update was applied. */
  update({ id, _version_: version, ...changes }: SolrUpdate): boolean {
    const known = this.documents.get(id);
    if ((known?.version ?? '-1') !== version) return false;
    const fields = new Map(known?.fields);
    for (const [name, value] of Object.entries(changes)) {
      const isSet = typeof value === 'object' && value !== null && 'set' in value;
      fields.set(name, isSet ? value.set : value);
    }
    this.documents.set(id, { version: String((this.#version += 1)), fields });
    return true;
  }

  held(id: string, pipelines: Iterable<string>): HeldPhoto | undefined {
    const known = this.documents.get(id);
    if (known === undefined) return undefined;
    const { version, fields } = known;
    const versionIn = (timeField: string, idField: string) => {
      const time = fields.get(timeField) as string | undefined;
      const id = fields.get(idField) as string | undefined;
      return time === undefined ? undefined : { eventTime: Date.parse(time), id: id ?? '' };
    };
    const ofPipelines = [...pipelines].flatMap((pipeline) => {
      const { eventTime, resultId } = pipelineFields(pipeline);
      const held = versionIn(eventTime, resultId);
      return held === undefined ? [] : [[eventTime, held] as const];
    });
    return { version, newest: versionIn('eventTime', photoResultId), pipelines: new Map(ofPipelines) };
  }
}

/** Sends requests to a simulated Solr, in place of the service of the product. */
export function createSimSolrService(server: StoreServer, photos: SolrPhotos): SolrService {
  async function send<Answer>(name: string, apply: () => Answer, signal?: AbortSignal): Promise<Answer> {
    try {
      return await boundedRequest(timeoutMs, signal, (bound) => server.request(name, apply, bound));
    } catch (thrown) {
      throw unavailable('the simulated Solr', 'cannot be reached', thrown);
    }
  }

  return {
    open: () => send('solr schema', () => undefined),
    async read(ids, pipelines, signal) {
      const read = () =>
        ids.flatMap((id) => {
          const held = photos.held(id, pipelines);
          return held === undefined ? [] : [[id, held] as const];
        });
      return new Map(await send(`solr reads ${ids.length}`, read, signal));
    },
    async update(updates, signal) {
      const apply = () => updates.filter((update) => photos.update(update)).map(({ id }) => id);
      return { refused: false, applied: new Set(await send(`solr updates ${updates.length}`, apply, signal)) };
    },
    close: () => Promise.resolve(),
  };
}
