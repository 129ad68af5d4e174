import { randomBytes } from 'node:crypto';
import { callbackConfig } from '../../../jobs/callbacks/config.js';
import { createWebhookCallback } from '../../../jobs/callbacks/webhook/callback.js';
import { createSecret } from '../../../jobs/callbacks/webhook/secrets.js';
import { systemClock } from '../../../primitives/clock.js';
import { callbackConformance } from './conformance.js';
import { memoryWebhookStore } from './memory-webhook-store.js';
import { startReceiver, takesIt, verified } from './receiver.js';

const secret = createSecret(randomBytes, systemClock.now());

callbackConformance({
  name: 'webhook',
  async fixture() {
    const receiver = await startReceiver();
    const url = receiver.url();
    return {
      target: { kind: 'webhook', endpoint: url, place: url },
      callback: createWebhookCallback({
        config: callbackConfig({ allow: '127.0.0.1/32' }),
        clock: systemClock,
        store: memoryWebhookStore({ shop: [secret] }),
      }),
      received: async () =>
        receiver.requests
          .filter(({ path }) => path === '/hook')
          .map(
            (request) =>
              verified(secret.secret, request) as {
                type: string;
                data: { id: string; results: readonly { id: string }[] };
              },
          )
          .flatMap(({ type, data }) =>
            type === 'job.finished'
              ? [{ id: data.id, document: data }]
              : data.results.map((result) => ({ id: result.id, document: result })),
          ),
      async down() {
        receiver.answer = (response) => response.destroy();
      },
      async restore() {
        receiver.answer = takesIt;
      },
      dispose: () => receiver.close(),
    };
  },
});
