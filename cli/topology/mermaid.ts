import type { LaneDescription, PipelineDescription, TopologyDescription } from './description.js';

/**
 * Renders a topology as a Mermaid flowchart: topics are rounded, consumer groups are boxes, sinks are cylinders. Every
 * pipeline is a separate graph beside the lanes. Ids have only letters, digits and underscores, and labels are quoted,
 * because words such as `end` and characters such as `@` have a meaning in Mermaid.
 */
export function topologyMermaid({ lanes, pipelines, sinks }: TopologyDescription): string {
  return [
    'flowchart LR',
    ...lanes.flatMap(laneLines),
    '  subgraph sinks["sinks"]',
    ...sinks.map(({ name, group }) => `    ${id('sink', name)}[("${label(name, group)}")]`),
    '  end',
    ...sinks.flatMap((sink) => sink.reads.map((topic) => `  ${id('topic', topic)} --> ${id('sink', sink.name)}`)),
    ...pipelines.flatMap(pipelineLines),
  ].join('\n');
}

function laneLines({ name, events, groups, results, models, retries, deadLetters }: LaneDescription): string[] {
  const topic = (text: string) => id('topic', text);
  const waiting = retries.map((retry) => topic(retry.topic));
  return [
    `  subgraph ${id('lane', name)}["lane ${label(name)}"]`,
    ...[
      ...new Set([
        events,
        ...groups.map(({ input }) => input),
        results,
        ...retries.map((retry) => retry.topic),
        deadLetters,
      ]),
    ].map((text) => `    ${topic(text)}(["${label(text)}"])`),
    ...groups.map(
      ({ group, members }) =>
        `    ${id('group', group)}["${members.length === 0 ? 'share' : label(...members.map(({ stage, needs }) => `${stage} (${needs})`))}"]`,
    ),
    ...groups.flatMap(({ group, input, outputs }) => [
      `    ${topic(input)} --> ${id('group', group)}`,
      ...outputs.map((output) => `    ${id('group', group)} --> ${topic(output)}`),
    ]),
    ...(models
      ? [
          ...[models.input, models.output].map((text) => `    ${topic(text)}(["${label(text)}"])`),
          `    ${id('group', models.group)}["models"]`,
          `    ${topic(models.input)} --> ${id('group', models.group)}`,
          `    ${id('group', models.group)} --> ${topic(models.output)}`,
          `    ${id('group', models.group)} -. "failed" .-> ${topic(deadLetters)}`,
        ]
      : []),
    ...groups
      .filter(({ members }) => members.length > 0)
      .flatMap(({ group, returnTo }) => [
        ...waiting.map((retry) => `    ${id('group', group)} -. "retry" .-> ${retry}`),
        ...waiting.map((retry) => `    ${retry} -. "later" .-> ${topic(returnTo)}`),
        `    ${id('group', group)} -. "failed" .-> ${topic(deadLetters)}`,
      ]),
    '  end',
  ];
}

function pipelineLines({ id: pipeline, nodes }: PipelineDescription): string[] {
  const node = (name: string) => id('node', `${pipeline}_${name}`);
  return [
    `  subgraph ${id('pipeline', pipeline)}["pipeline ${label(pipeline)}"]`,
    `    ${node('event')}(["event"])`,
    ...nodes.map(({ name, operation, stage }) => `    ${node(name)}["${label(name, operation, `in ${stage}`)}"]`),
    ...nodes.flatMap(({ name, from }) =>
      [...new Set(Object.values(from))].map((source) => `    ${node(source)} --> ${node(name)}`),
    ),
    '  end',
  ];
}

function id(kind: string, name: string): string {
  return `${kind}_${name.replace(/[^A-Za-z0-9]/g, '_')}`;
}

function label(...lines: readonly string[]): string {
  return lines
    .map((line) => line.replaceAll('&', '#amp;').replaceAll('"', '#quot;').replaceAll('<', '#lt;'))
    .join('<br/>');
}
