import { Gauge } from 'prom-client';
import { createAdmission, type Admission } from '../../gateway/admission/admission.js';
import { sampleLane } from '../../gateway/admission/lane-sampler.js';
import { createTimeToDrain, type EndedEvent, type TimeToDrain } from '../../gateway/admission/time-to-drain.js';
import { endOffset } from '../../runtime/kafka/lag/lag.js';
import type { WorkerServices } from '../../runtime/services.js';
import type { ModelOutcome } from '../../runtime/models/model-request.js';
import type { Outcome } from '../../runtime/records/outcome.js';
import { topics } from '../../schemas/topics.js';
import { modelQueueOf } from '../../topology/model-queue.js';
import type { Topology } from '../../topology/topology.js';

/** Interval between requests to the brokers (ms). A gateway sees events of other gateways with this delay. */
const everyMs = 1_000;

/** Admission to a queue, based on its backlog. */
export interface WatchedQueue<Ended> {
  readonly admission: Admission;
  /** The caller reports every outcome of the queue, including those of other gateways. */
  onOutcome(outcome: Ended): void;
}

export interface RealtimeWatch {
  readonly images: WatchedQueue<Outcome>;
  /** Direct model calls: tensors without a photo. */
  readonly models: WatchedQueue<ModelOutcome>;
  stop(): Promise<void>;
}

/** @param inFlight upper bound of requests in flight of this gateway, for each queue */
export async function watchRealtime(
  topology: Topology,
  services: WorkerServices,
  inFlight: number,
): Promise<RealtimeWatch> {
  const admin = services.kafka.admin();
  await admin.connect();
  const watching = { endOf: (topic: string) => endOffset(admin, topic), services, inFlight };
  const images = watchQueue(topics.listingImages('realtime'), watching);
  const models = watchQueue(modelQueueOf(topology)?.input, watching);
  new Gauge({
    name: 'fanlight_gateway_expected_wait_seconds',
    help: 'Wait that admission expects for a request that is sent now (s); 0 while it expects none.',
    labelNames: ['queue'],
    registers: [services.metrics.registry],
    collect() {
      for (const [queue, { estimator }] of Object.entries({ images, models }))
        this.set({ queue }, (estimator.estimate(services.clock.now())?.ms ?? 0) / 1_000);
    },
  });
  return {
    images: {
      admission: images.admission,
      onOutcome: (outcome) => report(images.estimator, outcome, timeOfImage(outcome)),
    },
    models: {
      admission: models.admission,
      onOutcome: (outcome) => report(models.estimator, outcome, timeOfModel(outcome)),
    },
    async stop() {
      images.stop();
      models.stop();
      await admin.disconnect();
    },
  };
}

interface Watching {
  /** Returns the number of records written to a topic since its creation. */
  endOf(topic: string): Promise<number>;
  readonly services: WorkerServices;
  readonly inFlight: number;
}

/** @param topic topic through which events enter; undefined: there is no such queue */
function watchQueue(topic: string | undefined, { endOf, services: { clock, logger }, inFlight }: Watching) {
  const estimator = createTimeToDrain();
  const sampler =
    topic === undefined
      ? undefined
      : sampleLane({
          estimator,
          clock,
          everyMs,
          entered: () => endOf(topic),
          onFailure: ({ message }) =>
            logger.debug({ topic, error: message }, 'the end offsets of the queue could not be read'),
        });
  return { estimator, admission: createAdmission({ estimator, clock, inFlight }), stop: () => sampler?.stop() };
}

function report(estimator: TimeToDrain, outcome: Outcome | ModelOutcome, took: EndedEvent['took']): void {
  const { enteredAt } = outcome;
  if ('error' in outcome && outcome.error.code === 'deadline-exceeded') estimator.expired({ enteredAt });
  else estimator.answered({ enteredAt, took });
}

function timeOfImage(outcome: Outcome): EndedEvent['took'] {
  if (outcome.kind === 'failed') return undefined;
  const { eventTime, taggedAt, timings } = outcome.tags;
  return { totalMs: taggedAt - eventTime, elsewhereMs: timings['fetch']?.durationMs ?? 0 };
}

function timeOfModel(outcome: ModelOutcome): EndedEvent['took'] {
  return 'error' in outcome ? undefined : { totalMs: outcome.tookMs, elsewhereMs: 0 };
}
