import { eventTypes, headers } from '../schemas/headers.js';
import { deriveId } from '../schemas/ids.js';
import type { Job, JobProgress } from '../schemas/jobs.js';
import { topics } from '../schemas/topics.js';
import type { Codec } from '../runtime/records/codec.js';
import type { OutgoingMessage } from '../runtime/records/message.js';

/** Returns the record of a job for the topic `jobs`. */
export async function jobMessage(job: Job, codec: Codec): Promise<OutgoingMessage> {
  return {
    topic: topics.jobs,
    key: Buffer.from(job.id),
    value: await codec.encode('job', topics.jobs, job),
    headers: cloudEvent(eventTypes.job, deriveId(job.id, job.state, String(job.images)), job.updatedAt),
  };
}

/** Returns the record for the topic `job-progress`. */
export async function progressMessage(progress: JobProgress, codec: Codec): Promise<OutgoingMessage> {
  return {
    topic: topics.jobProgress,
    key: Buffer.from(progress.job),
    value: await codec.encode('job-progress', topics.jobProgress, progress),
    headers: cloudEvent(eventTypes.jobProgress, deriveId(progress.job, progress.part?.key ?? 'summary'), progress.at),
  };
}

function cloudEvent(type: string, id: string, at: number): Record<string, string> {
  return {
    [headers.ceSpecVersion]: '1.0',
    [headers.ceId]: id,
    [headers.ceType]: type,
    [headers.ceSource]: '/fanlight/jobs',
    [headers.ceTime]: new Date(at).toISOString(),
    [headers.contentType]: 'application/avro',
  };
}
