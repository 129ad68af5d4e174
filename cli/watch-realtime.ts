import { createAdmission, type Admission } from '../gateway/admission/admission.js';
import { sampleLane } from '../gateway/admission/sample-lane.js';
import { createTimeToDrain } from '../gateway/admission/time-to-drain.js';
import { fetchLag, totalLag } from '../runtime/kafka/lag.js';
import type { WorkerServices } from '../runtime/kafka/services.js';
import type { Outcome } from '../runtime/outcome.js';
import { modelQueueOf } from '../topology/model-queue.js';
import type { Topology } from '../topology/topology.js';

/** How often the lag of the lane is read, milliseconds: how late a gateway learns of what others sent. */
const everyMs = 1_000;

export interface RealtimeWatch {
  readonly admission: Admission;
  /** To be called when an event of the lane ends. */
  onOutcome(outcome: Outcome): void;
  /** To be called when a model has answered tensors that came without a photo. */
  onAnswer(): void;
  stop(): Promise<void>;
}

/** Admission by what waits in all queues of the realtime lane. */
export async function watchRealtime(topology: Topology, { kafka, clock, logger }: WorkerServices, inFlight: number): Promise<RealtimeWatch> {
  const admin = kafka.admin();
  await admin.connect();
  const models = modelQueueOf(topology);
  const queues = [...topology.plans.filter(({ lane }) => lane.name === 'realtime'), ...(models ? [models] : [])];
  const estimator = createTimeToDrain();
  const sampler = sampleLane({
    estimator,
    clock,
    everyMs,
    async waiting() {
      const lags = await Promise.all(queues.map(({ group, input }) => fetchLag(admin, group, [input])));
      return lags.reduce((sum, lag) => sum + totalLag(lag), 0);
    },
    onFailure: ({ message }) => logger.debug({ error: message }, 'the lag of the realtime lane could not be read'),
  });
  return {
    admission: createAdmission({ estimator, clock, inFlight }),
    onOutcome(outcome) {
      if (outcome.kind === 'failed' && outcome.error.code === 'deadline-exceeded') estimator.expired();
      else estimator.answered();
    },
    onAnswer: () => estimator.answered(),
    async stop() {
      sampler.stop();
      await admin.disconnect();
    },
  };
}
