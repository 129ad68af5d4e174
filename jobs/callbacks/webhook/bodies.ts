import type { Delivery } from '../callback.js';
import { splitIntoChunks } from '../chunks.js';
import { finishedDocument } from '../messages.js';

export interface WebhookBody {
  /** Value of `webhook-id`: the same for the same results. */
  readonly id: string;
  /** JSON. */
  readonly text: string;
}

/** Most bytes of results in one request. Many receivers take no more than 1 MiB. */
const maxBytes = 512 * 1024;

/** Returns one body, or several when the results are large. */
export function bodiesOf(delivery: Delivery): WebhookBody[] {
  const { id, job } = delivery;
  const timestamp = new Date(delivery.at).toISOString();
  if (delivery.kind === 'finished')
    return [{ id, text: JSON.stringify({ type: 'job.finished', timestamp, data: finishedDocument(delivery) }) }];
  const documents = delivery.results.map((result) => JSON.stringify(result));
  return splitIntoChunks(documents, { maxItems: Infinity, maxBytes }, Buffer.byteLength).map((results, index) => ({
    id: index === 0 ? id : `${id}-${index}`,
    text: `{"type":"job.results","timestamp":${JSON.stringify(timestamp)},"data":{"job":${JSON.stringify(job)},"results":[${results.join(',')}]}}`,
  }));
}
