import type { ConsumerGroup } from '../../topology/groups.js';
import type { GroupDescription, LaneDescription, PipelineDescription, TopologyDescription } from './description.js';

/** Renders a topology as text for a terminal. */
export function topologyText({ lanes, pipelines, sinks, groups, defaultPipeline }: TopologyDescription): string {
  return [
    ...lanes.flatMap((lane) => [...laneLines(lane), '']),
    'sinks, each reading the results of all lanes',
    ...columns(sinks.map(({ name, describe, group }) => [name, describe, `group ${group}`])),
    '',
    'jobs and callbacks',
    ...columns(groups.filter(({ forJobs }) => forJobs).map(({ name, topics }) => [shortened(topics), `group ${name}`])),
    '',
    'workers, and how many of them get partitions',
    ...columns(workersOf(groups)),
    '',
    ...pipelines.flatMap((pipeline) => [...pipelineLines(pipeline, pipeline.id === defaultPipeline), '']),
  ]
    .slice(0, -1)
    .join('\n');
}

function laneLines({
  name,
  priority,
  batchDelayMs,
  deadlineMs,
  partitions,
  retentionMs,
  groups,
  results,
  models,
  retries,
  deadLetters,
}: LaneDescription): string[] {
  const deadline = deadlineMs === null ? 'no deadline' : `deadline ${deadlineMs / 1_000} s`;
  return [
    `lane ${name}: priority ${priority}, batches wait ${batchDelayMs} ms, ${deadline}, ${partitions} partitions, kept ${days(retentionMs)}`,
    ...groups.flatMap(groupLines),
    `  ${results}`,
    ...(models ? [`  tensors for models: ${models.input}, to ${models.output} (group ${models.group})`] : []),
    ...retries.map(
      ({ topic, delay, group }) =>
        `  after transient failures: ${topic}, back to its queue after ${delay} (group ${group})`,
    ),
    `  permanent failures: ${deadLetters}`,
  ];
}

function groupLines({ members, queue, group, input, outputs }: GroupDescription): string[] {
  return [
    `  ${input}`,
    `    ▼ group ${group}${members.length > 1 ? ', fused' : ''}${queue === null ? '' : `, only for ${queue}`}`,
    ...(members.length === 0 ? ['    │ share: each client gets its part of the queue'] : []),
    ...members.map(({ stage, needs, operations }) => `    │ ${stage} (${needs}): ${operations.join(', ')}`),
    `    ▼ to ${outputs.join(' or ')}`,
  ];
}

function pipelineLines({ id, result, models, nodes }: PipelineDescription, isDefault: boolean): string[] {
  const rows = nodes.map(({ name, operation, stage, from }) => {
    const sources = [...new Set(Object.values(from))].join(', ');
    return [`${name}${name === result ? ' (result)' : ''}`, operation, stage, `from ${sources}`];
  });
  return [
    `pipeline ${id}${isDefault ? ' (default)' : ''}: models ${models.length === 0 ? 'none' : models.join(', ')}`,
    ...columns(rows),
  ];
}

/** Lists at most two topics, and the number of further ones. */
function shortened(topics: readonly string[]): string {
  return topics.length <= 2 ? topics.join(', ') : `${topics.slice(0, 2).join(', ')} and ${topics.length - 2} more`;
}

/** Returns one row per worker and lane: its command, and the number of instances beyond which more are idle. */
function workersOf(groups: readonly ConsumerGroup[]): string[][] {
  const most = new Map<string, number>();
  for (const { role, lane, queue, forJobs, mostWorkers } of groups) {
    const lanes = lane === null || forJobs ? '' : ` --lanes ${lane}`;
    const command = `fanlight worker ${role}${lanes}${queue === null ? '' : ` --queue ${queue}`}`;
    most.set(command, Math.max(most.get(command) ?? 0, mostWorkers));
  }
  return [...most].map(([command, count]) => [command, `at most ${count}`]);
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map(
    (row) =>
      `  ${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}`,
  );
}

function days(ms: number): string {
  const count = ms / 86_400_000;
  return count === 1 ? '1 day' : `${count} days`;
}
