import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Prometheus metrics of a process. Durations are in seconds; `stage` and `lane` name the consumer group. */
export function createMetrics(registry = new Registry()) {
  const registers = [registry];
  const stageLane = ['stage', 'lane'] as const;
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    recordsIn: new Counter({
      name: 'fanlight_records_in_total',
      help: 'Records read.',
      labelNames: stageLane,
      registers,
    }),
    recordsOut: new Counter({
      name: 'fanlight_records_out_total',
      help: 'Records written downstream.',
      labelNames: stageLane,
      registers,
    }),
    recordsFailed: new Counter({
      name: 'fanlight_records_failed_total',
      help: 'Records dead-lettered.',
      labelNames: [...stageLane, 'code'],
      registers,
    }),
    recordsRetried: new Counter({
      name: 'fanlight_records_retried_total',
      help: 'Retries, in place or through a retry topic.',
      labelNames: [...stageLane, 'code', 'where'],
      registers,
    }),
    recordsInFlight: new Gauge({
      name: 'fanlight_records_in_flight',
      help: 'Records in flight in the worker.',
      labelNames: stageLane,
      registers,
    }),
    stageDuration: new Histogram({
      name: 'fanlight_stage_duration_seconds',
      help: 'Time from reading a record to having its outputs (s).',
      labelNames: stageLane,
      buckets: seconds,
      registers,
    }),
    queueTime: new Histogram({
      name: 'fanlight_queue_time_seconds',
      help: 'Time from writing a record to reading it (s).',
      labelNames: stageLane,
      buckets: seconds,
      registers,
    }),
    eventTimesClamped: new Counter({
      name: 'fanlight_event_times_clamped_total',
      help: 'Events whose stated time was impossible, so that another time took its place.',
      labelNames: ['lane'],
      registers,
    }),
    headersDropped: new Counter({
      name: 'fanlight_headers_dropped_total',
      help: 'Headers of events that the producer may not set.',
      labelNames: ['lane', 'header'],
      registers,
    }),
    batchSize: new Histogram({
      name: 'fanlight_batch_size',
      help: 'Inputs in a model batch or records in a sink batch.',
      labelNames: ['target'],
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096],
      registers,
    }),
    batches: new Counter({
      name: 'fanlight_batches_total',
      help: 'Batches, by the reason for their dispatch.',
      labelNames: ['target', 'reason'],
      registers,
    }),
    modelLoads: new Histogram({
      name: 'fanlight_model_load_seconds',
      help: 'Time to load and warm a model (s).',
      labelNames: ['model'],
      buckets: seconds,
      registers,
    }),
    modelsResident: new Gauge({
      name: 'fanlight_model_resident',
      help: '1 while a model is in memory.',
      labelNames: ['model'],
      registers,
    }),
    cacheLookups: new Counter({
      name: 'fanlight_output_cache_lookups_total',
      help: 'Outputs of operations looked up in the cache, by result: hit or miss.',
      labelNames: ['result'],
      registers,
    }),
    cacheFailures: new Counter({
      name: 'fanlight_output_cache_failures_total',
      help: 'Failed calls and connections of the output cache.',
      registers,
    }),
    shadowAnswers: new Counter({
      name: 'fanlight_shadow_answers_total',
      help: 'Answers of shadows, by whether their likeliest class agrees with the served answer.',
      labelNames: ['alias', 'served', 'shadow', 'agrees'],
      registers,
    }),
    callbackDeliveries: new Counter({
      name: 'fanlight_callback_deliveries_total',
      help: 'Deliveries to callbacks, by outcome: delivered, postponed, or the code of the failure.',
      labelNames: ['kind', 'outcome'],
      registers,
    }),
    callbackCircuits: new Gauge({
      name: 'fanlight_callback_circuits_open',
      help: 'Endpoints of callbacks whose circuit is open because they fail.',
      registers,
    }),
    groupLag: new Gauge({
      name: 'kafka_consumergroup_group_lag',
      help: 'Records that the group has not committed.',
      labelNames: ['group', 'topic'],
      registers,
    }),
    groupLagSeconds: new Gauge({
      name: 'kafka_consumergroup_group_lag_seconds',
      help: 'Lag divided by the rate at which the group commits.',
      labelNames: ['group'],
      registers,
    }),
    batchesSkipped: new Counter({
      name: 'fanlight_batches_skipped_total',
      help: 'Batches that could not be decoded, and that a reader without dead letters stepped over.',
      labelNames: ['reader'],
      registers,
    }),
    consumerRestarts: new Counter({
      name: 'fanlight_consumer_restarts_total',
      help: 'Consumers that the worker restarted.',
      labelNames: ['group', 'reason'],
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
