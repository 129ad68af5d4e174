import { describe, expect, it } from 'vitest';
import { fanlightDescription } from '../../cli/client/topology-description.js';
import { decodeImage } from '../../processors/decode-image.js';
import { fetchImage } from '../../processors/fetch-image.js';
import { imageFacts } from '../../processors/image-facts.js';
import { mergeTags } from '../../processors/merge-tags.js';
import { describeTopology } from '../../topology/describe.js';
import { topologyMermaid } from '../../topology/describe-mermaid.js';
import { topologyText } from '../../topology/describe-text.js';
import type { Lane } from '../../topology/lanes.js';
import { definePipeline } from '../../topology/pipeline.js';
import { createTopology } from '../../topology/topology.js';

const pipeline = definePipeline(
  'facts-only@1',
  {
    file: { operation: fetchImage, from: { event: 'event' } },
    pixels: { operation: decodeImage({ minShortSide: 64 }), from: { file: 'file' } },
    facts: { operation: imageFacts, from: { pixels: 'pixels' } },
    tagged: { operation: mergeTags([]), from: { facts: 'facts' } },
  },
  'tagged',
);
const lane: Lane = {
  name: 'bulk',
  priority: 1,
  batchDelayMs: 50,
  deadlineMs: 9_000,
  partitions: 8,
  retentionMs: 86_400_000,
  retryDelays: ['5s'],
  niceness: 10,
};
const topology = createTopology({
  pipelines: [pipeline],
  defaultPipeline: pipeline.id,
  stages: [
    { name: 'fetch', needs: 'io' },
    { name: 'preprocess', needs: 'cpu' },
    { name: 'infer', needs: 'gpu' },
  ],
  lanes: [lane],
  placement: { fused: { realtime: [], bulk: [['fetch', 'preprocess']], backfill: [] } },
});
const described = describeTopology(topology, {
  sinks: [{ name: 's3', describe: 'Objects.', group: 'fanlight.sink-s3' }],
  retryGroup: (topic) => `fanlight.${topic}`,
});

describe('a described topology', () => {
  it('is plain data', () => {
    expect(JSON.parse(JSON.stringify(described))).toEqual(described);
    expect(described).toMatchInlineSnapshot(`
      {
        "defaultPipeline": "facts-only@1",
        "lanes": [
          {
            "batchDelayMs": 50,
            "deadLetters": "dead-letters.bulk",
            "deadlineMs": 9000,
            "events": "listing-images.bulk",
            "groups": [
              {
                "group": "fanlight.fetch.bulk",
                "input": "listing-images.bulk",
                "members": [
                  {
                    "needs": "io",
                    "operations": [
                      "fetch",
                    ],
                    "stage": "fetch",
                  },
                  {
                    "needs": "cpu",
                    "operations": [
                      "decode:64-512",
                      "image-facts",
                      "merge-tags",
                    ],
                    "stage": "preprocess",
                  },
                ],
                "output": "infer.bulk",
                "stage": "fetch",
              },
              {
                "group": "fanlight.infer.bulk",
                "input": "infer.bulk",
                "members": [
                  {
                    "needs": "gpu",
                    "operations": [],
                    "stage": "infer",
                  },
                ],
                "output": "image-tags.bulk",
                "stage": "infer",
              },
            ],
            "name": "bulk",
            "partitions": 8,
            "priority": 1,
            "results": "image-tags.bulk",
            "retentionMs": 86400000,
            "retries": [
              {
                "delay": "5s",
                "group": "fanlight.retry-5s.bulk",
                "topic": "retry-5s.bulk",
              },
            ],
          },
        ],
        "pipelines": [
          {
            "id": "facts-only@1",
            "models": [],
            "nodes": [
              {
                "from": {
                  "event": "event",
                },
                "name": "file",
                "needs": "io",
                "operation": "fetch",
                "stage": "fetch",
              },
              {
                "from": {
                  "file": "file",
                },
                "name": "pixels",
                "needs": "cpu",
                "operation": "decode:64-512",
                "stage": "preprocess",
              },
              {
                "from": {
                  "pixels": "pixels",
                },
                "name": "facts",
                "needs": "cpu",
                "operation": "image-facts",
                "stage": "preprocess",
              },
              {
                "from": {
                  "facts": "facts",
                },
                "name": "tagged",
                "needs": "cpu",
                "operation": "merge-tags",
                "stage": "preprocess",
              },
            ],
            "result": "tagged",
          },
        ],
        "sinks": [
          {
            "describe": "Objects.",
            "group": "fanlight.sink-s3",
            "name": "s3",
            "reads": [
              "image-tags.bulk",
            ],
          },
        ],
      }
    `);
  });

  it('is text for a person', () => {
    expect(topologyText(described)).toMatchInlineSnapshot(`
      "lane bulk: priority 1, batches wait 50 ms, deadline 9 s, 8 partitions, kept 1 day
        listing-images.bulk
          ▼ group fanlight.fetch.bulk, fused
          │ fetch (io): fetch
          │ preprocess (cpu): decode:64-512, image-facts, merge-tags
        infer.bulk
          ▼ group fanlight.infer.bulk
          │ infer (gpu): passes images on
          ▼
        image-tags.bulk
        after transient failures: retry-5s.bulk, back to its queue after 5s (group fanlight.retry-5s.bulk)
        what can not be processed: dead-letters.bulk

      sinks, each reading the results of all lanes
        s3  Objects.  group fanlight.sink-s3

      pipeline facts-only@1 (default): models none
        file             fetch          fetch       from event
        pixels           decode:64-512  preprocess  from file
        facts            image-facts    preprocess  from pixels
        tagged (result)  merge-tags     preprocess  from facts"
    `);
  });

  it('is a Mermaid flowchart', () => {
    expect(topologyMermaid(described)).toMatchInlineSnapshot(`
      "flowchart LR
        subgraph lane_bulk["lane bulk"]
          topic_listing_images_bulk(["listing-images.bulk"])
          topic_infer_bulk(["infer.bulk"])
          topic_image_tags_bulk(["image-tags.bulk"])
          topic_retry_5s_bulk(["retry-5s.bulk"])
          topic_dead_letters_bulk(["dead-letters.bulk"])
          group_fanlight_fetch_bulk["fetch (io)<br/>preprocess (cpu)"]
          group_fanlight_infer_bulk["infer (gpu)"]
          topic_listing_images_bulk --> group_fanlight_fetch_bulk
          group_fanlight_fetch_bulk --> topic_infer_bulk
          topic_infer_bulk --> group_fanlight_infer_bulk
          group_fanlight_infer_bulk --> topic_image_tags_bulk
          group_fanlight_fetch_bulk -. "retry" .-> topic_retry_5s_bulk
          topic_retry_5s_bulk -. "later" .-> topic_listing_images_bulk
          group_fanlight_fetch_bulk -. "failed" .-> topic_dead_letters_bulk
          group_fanlight_infer_bulk -. "retry" .-> topic_retry_5s_bulk
          topic_retry_5s_bulk -. "later" .-> topic_infer_bulk
          group_fanlight_infer_bulk -. "failed" .-> topic_dead_letters_bulk
        end
        subgraph sinks["sinks"]
          sink_s3[("s3<br/>fanlight.sink-s3")]
        end
        topic_image_tags_bulk --> sink_s3
        subgraph pipeline_facts_only_1["pipeline facts-only@1"]
          node_facts_only_1_event(["event"])
          node_facts_only_1_file["file<br/>fetch<br/>in fetch"]
          node_facts_only_1_pixels["pixels<br/>decode:64-512<br/>in preprocess"]
          node_facts_only_1_facts["facts<br/>image-facts<br/>in preprocess"]
          node_facts_only_1_tagged["tagged<br/>merge-tags<br/>in preprocess"]
          node_facts_only_1_event --> node_facts_only_1_file
          node_facts_only_1_file --> node_facts_only_1_pixels
          node_facts_only_1_pixels --> node_facts_only_1_facts
          node_facts_only_1_facts --> node_facts_only_1_tagged
        end"
    `);
  });
});

describe('the topology that runs', () => {
  /** The part of Mermaid's grammar that we write. */
  const statement = /^(flowchart LR|subgraph \w+\["[^"]+"\]|end|\w+(\(\["[^"]+"\]\)|\["[^"]+"\]|\[\("[^"]+"\)\])|\w+ (-->|-\. "\w+" \.->) \w+)$/;
  const lines = topologyMermaid(fanlightDescription('staged')).split('\n').map((line) => line.trim());

  it('has only statements that Mermaid reads', () => {
    expect(lines.filter((line) => !statement.test(line))).toEqual([]);
  });

  it('declares each node once, before edges name it, and closes each subgraph', () => {
    const declared = lines.flatMap((line) => /^(?:subgraph )?(\w+)[[(]/.exec(line)?.[1] ?? []);
    const named = lines.flatMap((line) => (/^(\w+) -.* (\w+)$/.exec(line) ?? []).slice(1, 3));
    expect(declared.filter((id, index) => declared.indexOf(id) !== index)).toEqual([]);
    expect(named.filter((id) => !declared.includes(id))).toEqual([]);
    expect(lines.filter((line) => line === 'end')).toHaveLength(lines.filter((line) => line.startsWith('subgraph')).length);
  });
});
