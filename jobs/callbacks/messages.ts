import { eventTypes } from '../../schemas/headers.js';
import type { Delivery, FinishedDelivery } from './callback.js';

/** One message for a queue or a topic. */
export interface CallbackMessage {
  /** Id of the result; for the summary, id of the delivery. */
  readonly id: string;
  readonly type: string;
  /** Messages with the same key keep their order: the listing of a result; for the summary, the job. */
  readonly key: string;
  /** JSON. */
  readonly body: string;
}

/** Returns one message per result, or the one message of the summary. */
export function messagesOf(delivery: Delivery): CallbackMessage[] {
  if (delivery.kind === 'finished')
    return [
      {
        id: delivery.id,
        type: eventTypes.jobSummary,
        key: delivery.job,
        body: JSON.stringify(finishedDocument(delivery)),
      },
    ];
  return delivery.results.map((result) => ({
    id: result.id,
    type: eventTypes.jobResult,
    key: result.listingId,
    body: JSON.stringify(result),
  }));
}

/** Returns the JSON document of a job summary. */
export function finishedDocument({ id, job, summary, at }: FinishedDelivery) {
  const { images, tagged, failed, cancelled } = summary;
  return { id, job, images, tagged, failed, cancelled, finishedAt: new Date(at).toISOString() };
}
