import { Webhook } from 'standardwebhooks';
import { request } from 'undici';
import { FanlightError } from '../../../schemas/failure.js';
import { reason } from '../../../adapters/stores/failures.js';
import type { Callback } from '../callback.js';
import type { CallbackConfig } from '../config.js';
import { failed } from '../failures.js';
import { createWebhookAgent, type WebhookConnections } from './agent.js';
import { endpointGone, answerFailure, noSecret } from './failures.js';
import { bodiesOf, type WebhookBody } from './bodies.js';
import { valid } from './secrets.js';
import { anyone, type WebhookStore } from './store.js';

export interface WebhookOptions extends WebhookConnections {
  readonly config: CallbackConfig;
  readonly store: WebhookStore;
}

/** Most bytes that are read of an answer. Only its status matters. */
const maxAnswerBytes = 64 * 1024;

/** Sends signed requests (Standard Webhooks) with stable ids. Does not follow redirects. */
export function createWebhookCallback({ config, store, ...connections }: WebhookOptions): Callback {
  const { clock } = connections;
  const agent = createWebhookAgent(config, connections);

  return {
    async deliver({ place }, delivery, signal) {
      const url = new URL(place);
      const client = delivery.client ?? anyone;
      if (await store.isDisabled(place)) throw endpointGone(url.hostname);
      const secrets = valid(await store.secrets(client), clock.now());
      if (secrets.length === 0) throw noSecret(client);
      const signers = secrets.map(({ secret }) => new Webhook(secret));
      for (const body of bodiesOf(delivery)) {
        const status = await post(url, body, signers, signal);
        if (status !== 410) continue;
        await store.disable({ url: place, since: clock.now(), client });
        throw endpointGone(url.hostname);
      }
    },
    close: () => agent.destroy(),
  };

  /** Returns the status: 2xx or 410. */
  async function post(url: URL, body: WebhookBody, signers: readonly Webhook[], signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const abort = new AbortController();
    const onAbort = () => abort.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const cancelTimer = clock.schedule(config.timeoutMs, () =>
      abort.abort(failed(url.hostname, `it took longer than ${config.timeoutMs / 1_000} s to answer`)),
    );
    try {
      const answer = await request(url, {
        method: 'POST',
        dispatcher: agent,
        signal: abort.signal,
        headers: headersOf(body, signers),
        body: body.text,
      });
      await answer.body.dump({ limit: maxAnswerBytes, signal: abort.signal });
      const failure = answer.statusCode === 410 ? undefined : answerFailure(url.hostname, answer, clock.now());
      if (failure) throw failure;
      return answer.statusCode;
    } catch (thrown) {
      if (abort.signal.aborted) throw abort.signal.reason;
      throw asFailure(thrown, url.hostname);
    } finally {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
    }
  }

  function headersOf({ id, text }: WebhookBody, signers: readonly Webhook[]): Record<string, string> {
    const now = new Date(clock.now());
    return {
      'content-type': 'application/json',
      'user-agent': 'Fanlight/0.1 (results of jobs)',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': signers.map((signer) => signer.sign(id, now, text)).join(' '),
    };
  }
}

/** A forbidden address in the URL is a permanent failure. Any other failure of the connection is transient. */
function asFailure(thrown: unknown, host: string): FanlightError {
  if (!(thrown instanceof FanlightError)) return failed(host, reason(thrown), { cause: thrown });
  if (thrown.code !== 'host-unreachable' && thrown.code !== 'host-timeout') return thrown;
  return failed(host, thrown.message.replace(/\.$/, ''), { cause: thrown, remedy: thrown.remedy });
}
