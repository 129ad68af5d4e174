import type { Transactions } from '../kafka/transactions/transactions.js';
import type { MiddlewareFactory } from './middleware.js';
import { replaceRefused } from './refused-outputs.js';

/**
 * Makes the middleware that finishes the deferred work of each record, then writes its outputs and its offset in one
 * transaction. It returns what is durable. See `replaceRefused` for outputs that Kafka refuses for good.
 */
export function deliverInTransactions(transactions: Transactions): MiddlewareFactory {
  return function transactionalDelivery(consumption, services) {
    const insteadOf = replaceRefused(consumption, services);
    return (next) =>
      async function commitNext(message, context) {
        const messages = await next(message, context);
        // After the commit, no redelivery would repeat the work.
        await context.finishDeferred?.();
        return transactions.commit(message, { messages, instead: insteadOf(message, messages) }, context.signal);
      };
  };
}
