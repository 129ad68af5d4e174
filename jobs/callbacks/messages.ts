import { eventTypes } from '../../schemas/headers.js';
import type { Delivery, FinishedDelivery } from './callback.js';

/** One message to a queue or topic. */
export interface CallbackMessage {
  /** Of the result, or of the delivery of the summary. */
  readonly id: string;
  readonly type: string;
  /** Null for the summary. */
  readonly listingId: string | null;
  /** JSON. */
  readonly body: string;
}

/** A message a result, or the one of the summary. */
export function messagesOf(delivery: Delivery): CallbackMessage[] {
  if (delivery.kind === 'finished')
    return [
      {
        id: delivery.id,
        type: eventTypes.jobSummary,
        listingId: null,
        body: JSON.stringify(finishedDocument(delivery)),
      },
    ];
  return delivery.results.map((result) => ({
    id: result.id,
    type: eventTypes.jobResult,
    listingId: result.listingId,
    body: JSON.stringify(result),
  }));
}

/** How a job ended, for JSON. */
export function finishedDocument({ id, job, summary, at }: FinishedDelivery) {
  const { images, tagged, failed, cancelled } = summary;
  return { id, job, images, tagged, failed, cancelled, finishedAt: new Date(at).toISOString() };
}
