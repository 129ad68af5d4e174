import { describe, expect, it } from 'vitest';
import { applyModel } from '../../../processors/apply-model.js';
import { decodeImage } from '../../../processors/decode-image.js';
import { fetchImage } from '../../../processors/fetch-image.js';
import { imageFacts } from '../../../processors/image-facts.js';
import { mergeTags } from '../../../processors/merge-tags.js';
import { resizeImage } from '../../../processors/resize-image.js';
import { tagModeration } from '../../../processors/tag-moderation.js';
import { describeTopology, fanlightDescription } from '../../../cli/topology/description.js';
import { topologyMermaid } from '../../../cli/topology/mermaid.js';
import { topologyText } from '../../../cli/topology/text.js';
import { consumerGroups } from '../../../processes/worker/groups.js';
import { imageTagsFamily } from '../../../schemas/topic-family.js';
import type { Lane } from '../../../topology/lanes.js';
import { definePipeline } from '../../../topology/pipeline.js';
import { moderationView } from '../../../topology/pipelines/views.js';
import { createTopology } from '../../../topology/topology.js';

const pipeline = definePipeline(
  'safe@1',
  {
    file: { operation: fetchImage, from: { event: 'event' } },
    pixels: { operation: decodeImage({ minShortSide: 64 }), from: { file: 'file' } },
    facts: { operation: imageFacts, from: { pixels: 'pixels' } },
    view: { operation: resizeImage(moderationView), from: { pixels: 'pixels' } },
    moderation: { operation: applyModel('moderation@1', ['nsfw']), from: { tensor: 'view' } },
    moderationTags: { operation: tagModeration('moderation@1'), from: { moderation: 'moderation' } },
    tagged: { operation: mergeTags(['moderation']), from: { facts: 'facts', moderation: 'moderationTags' } },
  },
  'tagged',
);
const lane: Lane = {
  name: 'bulk',
  priority: 1,
  batchDelayMs: 50,
  transactionsEveryMs: 0,
  deadlineMs: 9_000,
  partitions: 8,
  window: 128,
  shares: 2,
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
    { name: 'compose', needs: 'cpu' },
  ],
  lanes: [lane],
  placement: { fused: { realtime: [], bulk: [['fetch', 'preprocess']], backfill: [] } },
});
const groups = consumerGroups(topology).filter(({ role }) => role === 'sink-s3' || !role.startsWith('sink-'));
const described = describeTopology(topology, [{ name: 's3', describe: 'Objects.', reads: imageTagsFamily }], groups);

describe('the description of a topology', () => {
  it('is plain JSON data', () => {
    expect(JSON.parse(JSON.stringify(described))).toEqual(described);
    expect(described).toMatchInlineSnapshot(`
      {
        "defaultPipeline": "safe@1",
        "groups": [
          {
            "forJobs": false,
            "lane": "bulk",
            "mostWorkers": 8,
            "name": "fanlight.share.bulk",
            "queue": null,
            "role": "share",
            "topics": [
              "listing-images.bulk",
            ],
          },
          {
            "forJobs": false,
            "lane": "bulk",
            "mostWorkers": 16,
            "name": "fanlight.fetch.bulk",
            "queue": null,
            "role": "fetch",
            "topics": [
              "fetch.bulk",
            ],
          },
          {
            "forJobs": false,
            "lane": "bulk",
            "mostWorkers": 8,
            "name": "fanlight.infer.bulk",
            "queue": null,
            "role": "infer",
            "topics": [
              "infer.bulk",
            ],
          },
          {
            "forJobs": false,
            "lane": "bulk",
            "mostWorkers": 8,
            "name": "fanlight.compose.bulk",
            "queue": null,
            "role": "compose",
            "topics": [
              "compose.bulk",
            ],
          },
          {
            "forJobs": false,
            "lane": "bulk",
            "mostWorkers": 1,
            "name": "fanlight.retry-5s.bulk",
            "queue": null,
            "role": "retry",
            "topics": [
              "retry-5s.bulk",
            ],
          },
          {
            "forJobs": true,
            "lane": null,
            "mostWorkers": 10,
            "name": "fanlight.jobs",
            "queue": null,
            "role": "jobs",
            "topics": [
              "image-tags.bulk",
              "dead-letters.bulk",
              "cancelled-images.bulk",
            ],
          },
          {
            "forJobs": true,
            "lane": null,
            "mostWorkers": 5,
            "name": "fanlight.job-state",
            "queue": null,
            "role": "jobs",
            "topics": [
              "jobs",
              "job-progress",
            ],
          },
          {
            "forJobs": true,
            "lane": null,
            "mostWorkers": 8,
            "name": "fanlight.callbacks",
            "queue": null,
            "role": "callbacks",
            "topics": [
              "job-progress",
              "callbacks",
            ],
          },
          {
            "forJobs": true,
            "lane": "callbacks",
            "mostWorkers": 1,
            "name": "fanlight.retry-5s.callbacks",
            "queue": null,
            "role": "callbacks",
            "topics": [
              "retry-5s.callbacks",
            ],
          },
          {
            "forJobs": true,
            "lane": "callbacks",
            "mostWorkers": 1,
            "name": "fanlight.retry-30s.callbacks",
            "queue": null,
            "role": "callbacks",
            "topics": [
              "retry-30s.callbacks",
            ],
          },
          {
            "forJobs": true,
            "lane": "callbacks",
            "mostWorkers": 1,
            "name": "fanlight.retry-5m.callbacks",
            "queue": null,
            "role": "callbacks",
            "topics": [
              "retry-5m.callbacks",
            ],
          },
          {
            "forJobs": true,
            "lane": "callbacks",
            "mostWorkers": 1,
            "name": "fanlight.retry-30m.callbacks",
            "queue": null,
            "role": "callbacks",
            "topics": [
              "retry-30m.callbacks",
            ],
          },
          {
            "forJobs": true,
            "lane": "callbacks",
            "mostWorkers": 1,
            "name": "fanlight.retry-2h.callbacks",
            "queue": null,
            "role": "callbacks",
            "topics": [
              "retry-2h.callbacks",
            ],
          },
          {
            "forJobs": true,
            "lane": "callbacks",
            "mostWorkers": 1,
            "name": "fanlight.retry-6h.callbacks",
            "queue": null,
            "role": "callbacks",
            "topics": [
              "retry-6h.callbacks",
            ],
          },
          {
            "forJobs": false,
            "lane": null,
            "mostWorkers": 8,
            "name": "fanlight.sink-s3",
            "queue": null,
            "role": "sink-s3",
            "topics": [
              "image-tags.bulk",
            ],
          },
        ],
        "lanes": [
          {
            "batchDelayMs": 50,
            "deadLetters": "dead-letters.bulk",
            "deadlineMs": 9000,
            "events": "listing-images.bulk",
            "groups": [
              {
                "group": "fanlight.share.bulk",
                "input": "listing-images.bulk",
                "members": [],
                "outputs": [
                  "fetch.bulk",
                ],
                "partitions": 8,
                "queue": null,
                "returnTo": "listing-images.bulk",
                "stage": "share",
              },
              {
                "group": "fanlight.fetch.bulk",
                "input": "fetch.bulk",
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
                      "resize:224x224-squash-256x256",
                    ],
                    "stage": "preprocess",
                  },
                ],
                "outputs": [
                  "infer.bulk",
                  "compose.bulk",
                ],
                "partitions": 16,
                "queue": null,
                "returnTo": "listing-images.bulk",
                "stage": "fetch",
              },
              {
                "group": "fanlight.infer.bulk",
                "input": "infer.bulk",
                "members": [
                  {
                    "needs": "gpu",
                    "operations": [
                      "model:moderation@1",
                    ],
                    "stage": "infer",
                  },
                ],
                "outputs": [
                  "compose.bulk",
                ],
                "partitions": 8,
                "queue": null,
                "returnTo": "infer.bulk",
                "stage": "infer",
              },
              {
                "group": "fanlight.compose.bulk",
                "input": "compose.bulk",
                "members": [
                  {
                    "needs": "cpu",
                    "operations": [
                      "tags:moderation@1",
                      "merge-tags",
                    ],
                    "stage": "compose",
                  },
                ],
                "outputs": [
                  "image-tags.bulk",
                ],
                "partitions": 8,
                "queue": null,
                "returnTo": "compose.bulk",
                "stage": "compose",
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
            "id": "safe@1",
            "models": [
              "moderation@1",
            ],
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
                  "pixels": "pixels",
                },
                "name": "view",
                "needs": "cpu",
                "operation": "resize:224x224-squash-256x256",
                "stage": "preprocess",
              },
              {
                "from": {
                  "tensor": "view",
                },
                "name": "moderation",
                "needs": "gpu",
                "operation": "model:moderation@1",
                "stage": "infer",
              },
              {
                "from": {
                  "moderation": "moderation",
                },
                "name": "moderationTags",
                "needs": "cpu",
                "operation": "tags:moderation@1",
                "stage": "compose",
              },
              {
                "from": {
                  "facts": "facts",
                  "moderation": "moderationTags",
                },
                "name": "tagged",
                "needs": "cpu",
                "operation": "merge-tags",
                "stage": "compose",
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

  it('renders as text', () => {
    expect(topologyText(described)).toMatchInlineSnapshot(`
      "lane bulk: priority 1, batches wait 50 ms, deadline 9 s, 8 partitions, kept 1 day
        listing-images.bulk
          ▼ group fanlight.share.bulk
          │ share: each client gets its part of the queue
          ▼ to fetch.bulk
        fetch.bulk
          ▼ group fanlight.fetch.bulk, fused
          │ fetch (io): fetch
          │ preprocess (cpu): decode:64-512, image-facts, resize:224x224-squash-256x256
          ▼ to infer.bulk or compose.bulk
        infer.bulk
          ▼ group fanlight.infer.bulk
          │ infer (gpu): model:moderation@1
          ▼ to compose.bulk
        compose.bulk
          ▼ group fanlight.compose.bulk
          │ compose (cpu): tags:moderation@1, merge-tags
          ▼ to image-tags.bulk
        image-tags.bulk
        after transient failures: retry-5s.bulk, back to its queue after 5s (group fanlight.retry-5s.bulk)
        permanent failures: dead-letters.bulk

      sinks, each reading the results of all lanes
        s3  Objects.  group fanlight.sink-s3

      jobs and callbacks
        image-tags.bulk, dead-letters.bulk and 1 more  group fanlight.jobs
        jobs, job-progress                             group fanlight.job-state
        job-progress, callbacks                        group fanlight.callbacks
        retry-5s.callbacks                             group fanlight.retry-5s.callbacks
        retry-30s.callbacks                            group fanlight.retry-30s.callbacks
        retry-5m.callbacks                             group fanlight.retry-5m.callbacks
        retry-30m.callbacks                            group fanlight.retry-30m.callbacks
        retry-2h.callbacks                             group fanlight.retry-2h.callbacks
        retry-6h.callbacks                             group fanlight.retry-6h.callbacks

      workers, and how many of them get partitions
        fanlight worker share --lanes bulk    at most 8
        fanlight worker fetch --lanes bulk    at most 16
        fanlight worker infer --lanes bulk    at most 8
        fanlight worker compose --lanes bulk  at most 8
        fanlight worker retry --lanes bulk    at most 1
        fanlight worker jobs                  at most 10
        fanlight worker callbacks             at most 8
        fanlight worker sink-s3               at most 8

      pipeline safe@1 (default): models moderation@1
        file             fetch                          fetch       from event
        pixels           decode:64-512                  preprocess  from file
        facts            image-facts                    preprocess  from pixels
        view             resize:224x224-squash-256x256  preprocess  from pixels
        moderation       model:moderation@1             infer       from view
        moderationTags   tags:moderation@1              compose     from moderation
        tagged (result)  merge-tags                     compose     from facts, moderationTags"
    `);
  });

  it('renders as a Mermaid flowchart', () => {
    expect(topologyMermaid(described)).toMatchInlineSnapshot(`
      "flowchart LR
        subgraph lane_bulk["lane bulk"]
          topic_listing_images_bulk(["listing-images.bulk"])
          topic_fetch_bulk(["fetch.bulk"])
          topic_infer_bulk(["infer.bulk"])
          topic_compose_bulk(["compose.bulk"])
          topic_image_tags_bulk(["image-tags.bulk"])
          topic_retry_5s_bulk(["retry-5s.bulk"])
          topic_dead_letters_bulk(["dead-letters.bulk"])
          group_fanlight_share_bulk["share"]
          group_fanlight_fetch_bulk["fetch (io)<br/>preprocess (cpu)"]
          group_fanlight_infer_bulk["infer (gpu)"]
          group_fanlight_compose_bulk["compose (cpu)"]
          topic_listing_images_bulk --> group_fanlight_share_bulk
          group_fanlight_share_bulk --> topic_fetch_bulk
          topic_fetch_bulk --> group_fanlight_fetch_bulk
          group_fanlight_fetch_bulk --> topic_infer_bulk
          group_fanlight_fetch_bulk --> topic_compose_bulk
          topic_infer_bulk --> group_fanlight_infer_bulk
          group_fanlight_infer_bulk --> topic_compose_bulk
          topic_compose_bulk --> group_fanlight_compose_bulk
          group_fanlight_compose_bulk --> topic_image_tags_bulk
          group_fanlight_fetch_bulk -. "retry" .-> topic_retry_5s_bulk
          topic_retry_5s_bulk -. "later" .-> topic_listing_images_bulk
          group_fanlight_fetch_bulk -. "failed" .-> topic_dead_letters_bulk
          group_fanlight_infer_bulk -. "retry" .-> topic_retry_5s_bulk
          topic_retry_5s_bulk -. "later" .-> topic_infer_bulk
          group_fanlight_infer_bulk -. "failed" .-> topic_dead_letters_bulk
          group_fanlight_compose_bulk -. "retry" .-> topic_retry_5s_bulk
          topic_retry_5s_bulk -. "later" .-> topic_compose_bulk
          group_fanlight_compose_bulk -. "failed" .-> topic_dead_letters_bulk
        end
        subgraph sinks["sinks"]
          sink_s3[("s3<br/>fanlight.sink-s3")]
        end
        topic_image_tags_bulk --> sink_s3
        subgraph pipeline_safe_1["pipeline safe@1"]
          node_safe_1_event(["event"])
          node_safe_1_file["file<br/>fetch<br/>in fetch"]
          node_safe_1_pixels["pixels<br/>decode:64-512<br/>in preprocess"]
          node_safe_1_facts["facts<br/>image-facts<br/>in preprocess"]
          node_safe_1_view["view<br/>resize:224x224-squash-256x256<br/>in preprocess"]
          node_safe_1_moderation["moderation<br/>model:moderation@1<br/>in infer"]
          node_safe_1_moderationTags["moderationTags<br/>tags:moderation@1<br/>in compose"]
          node_safe_1_tagged["tagged<br/>merge-tags<br/>in compose"]
          node_safe_1_event --> node_safe_1_file
          node_safe_1_file --> node_safe_1_pixels
          node_safe_1_pixels --> node_safe_1_facts
          node_safe_1_pixels --> node_safe_1_view
          node_safe_1_view --> node_safe_1_moderation
          node_safe_1_moderation --> node_safe_1_moderationTags
          node_safe_1_facts --> node_safe_1_tagged
          node_safe_1_moderationTags --> node_safe_1_tagged
        end"
    `);
  });
});

describe('the Mermaid flowchart of the shipped topology', () => {
  /** The part of Mermaid's grammar that the flowchart uses. */
  const statement =
    /^(flowchart LR|subgraph \w+\["[^"]+"\]|end|\w+(\(\["[^"]+"\]\)|\["[^"]+"\]|\[\("[^"]+"\)\])|\w+ (-->|-\. "\w+" \.->) \w+)$/;
  const lines = topologyMermaid(fanlightDescription('staged'))
    .split('\n')
    .map((line) => line.trim());

  it('has only statements that Mermaid accepts', () => {
    expect(lines.filter((line) => !statement.test(line))).toEqual([]);
  });

  it('declares each node of an edge exactly once and closes each subgraph', () => {
    const declared = lines.flatMap((line) => /^(?:subgraph )?(\w+)[[(]/.exec(line)?.[1] ?? []);
    const named = lines.flatMap((line) => (/^(\w+) -.* (\w+)$/.exec(line) ?? []).slice(1, 3));
    expect(declared.filter((id, index) => declared.indexOf(id) !== index)).toEqual([]);
    expect(named.filter((id) => !declared.includes(id))).toEqual([]);
    expect(lines.filter((line) => line === 'end')).toHaveLength(
      lines.filter((line) => line.startsWith('subgraph')).length,
    );
  });
});
