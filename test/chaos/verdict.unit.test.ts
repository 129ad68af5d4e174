import { expect, it } from 'vitest';
import type { Evidence, Sent } from '../../chaos/oracle/evidence.js';
import { judge } from '../../chaos/oracle/verdict.js';

const sent: readonly Sent[] = [
  { id: 'e1', listingId: 'l', imageId: 'i1', expected: { kind: 'result', id: 'r1' } },
  { id: 'e2', listingId: 'l', imageId: 'i2', expected: { kind: 'result', id: 'r2' } },
  { id: 'e3', listingId: 'l', imageId: 'i3', expected: { kind: 'dead-letter', code: 'not-found' } },
];
const stores = {
  objects: new Map([
    ['i1', ['r1']],
    ['i2', ['r2']],
  ]),
  documents: new Map([
    ['i1', 1],
    ['i2', 1],
  ]),
  hashes: new Map([
    ['i1', 'r1'],
    ['i2', 'r2'],
  ]),
  listings: new Map([['l', ['i1', 'i2']]]),
};
const topics = {
  inputs: new Map([
    ['e1', 1],
    ['e2', 1],
    ['e3', 1],
  ]),
  results: new Map([
    ['r1', 1],
    ['r2', 1],
  ]),
  letters: new Map([['e3', ['not-found']]]),
};
const processes = {
  ends: [],
  ownExits: [],
  membersBackMs: 4_000,
  settledMs: 9_000,
  unsettled: [],
  zombies: [],
};
const job = {
  state: 'finished',
  images: 2,
  tagged: 1,
  failed: 1,
  items: [0, 1],
  callbacks: { items: [0, 1, 1], summaries: [{ images: 2, tagged: 1, failed: 1 }] },
};
const good: Evidence = {
  topics,
  rows: new Map([
    ['r1', 1],
    ['r2', 1],
  ]),
  stores,
  job,
  processes,
};
const bounds = { repeats: 1, exactlyOnce: false, jobImages: 2 };
const end = { name: '007-jobs', tookMs: 900, exit: { code: 0, signal: null, asked: true }, wasReady: true };

const textsOf = (evidence: Partial<Evidence>, changed = bounds) =>
  judge(sent, { ...good, ...evidence }, changed).findings.map(({ kind, text }) => `${kind}: ${text}`);

it('finds nothing when every event has its outcome and every store has each result once', () => {
  expect(judge(sent, good, bounds)).toEqual({ findings: [], repeats: 0 });
});

it.each<[string, Partial<Evidence>, string[]]>([
  [
    'an event without an outcome',
    { topics: { ...topics, results: new Map([['r1', 1]]) }, rows: new Map([['r1', 1]]) },
    ['lost: i2 has no result'],
  ],
  ['a missing dead letter', { topics: { ...topics, letters: new Map() } }, ['lost: i3 has no dead letter (not-found)']],
  [
    'a dead letter of a good photo',
    { topics: { ...topics, letters: new Map([...topics.letters, ['e1', ['too-large']]]) } },
    ['wrong: i1 became a dead letter (too-large)'],
  ],
  ['a lost row', { rows: new Map([['r1', 1]]) }, ['lost: lake: i2 has 0 rows for 1 records']],
  [
    'a doubled row',
    {
      rows: new Map([
        ['r1', 1],
        ['r2', 2],
      ]),
    },
    ['doubled: lake: i2 has 2 rows for 1 records'],
  ],
  ['a missing object', { stores: { ...stores, objects: new Map([['i1', ['r1']]]) } }, ['lost: s3: i2 has no object']],
  [
    'a document that is there twice',
    {
      stores: {
        ...stores,
        documents: new Map([
          ['i1', 2],
          ['i2', 1],
        ]),
      },
    },
    ['doubled: solr: i1 is there 2 times'],
  ],
  [
    'a hash with another result',
    {
      stores: {
        ...stores,
        hashes: new Map([
          ['i1', 'r1'],
          ['i2', 'r9'],
        ]),
      },
    },
    ['lost: redis: i2 holds r9'],
  ],
  [
    'a photo that is not in its set',
    { stores: { ...stores, listings: new Map([['l', ['i1']]]) } },
    ['lost: redis: the set of l lacks i2'],
  ],
  [
    'a stored photo that was never tagged',
    { stores: { ...stores, documents: new Map([...stores.documents, ['i3', 1]]) } },
    ['wrong: solr: i3 is stored and was never tagged'],
  ],
  ['an unfinished job', { job: { ...job, state: 'running' } }, ['wrong: the job is running']],
  ['a job without a line', { job: { ...job, items: [0] } }, ['lost: job results: no line for items 1']],
  ['a job with a line twice', { job: { ...job, items: [0, 1, 1] } }, ['doubled: job results: 3 lines for 2 images']],
  [
    'a callback without a summary',
    { job: { ...job, callbacks: { items: [0, 1], summaries: [] } } },
    ['lost: callbacks: no summary'],
  ],
  [
    'a slow end',
    { processes: { ...processes, ends: [{ ...end, tookMs: 10_100 }] } },
    ['wrong: 007-jobs ended 10.1 s after SIGTERM'],
  ],
  [
    'an end with the wrong code',
    { processes: { ...processes, ends: [{ ...end, exit: { code: 1, signal: null, asked: true } }] } },
    ['wrong: 007-jobs ended with code 1 after SIGTERM'],
  ],
  [
    'members that do not come back in time',
    { processes: { ...processes, membersBackMs: 31_000, unsettled: ['g: 0 of 1 members'] } },
    ['wrong: groups without all their members after 30 s: g: 0 of 1 members'],
  ],
  [
    'lag that stays',
    { processes: { ...processes, settledMs: undefined, unsettled: ['g has a lag of 3'] } },
    ['wrong: lag does not go to 0: g has a lag of 3'],
  ],
])('names %s', (_, evidence, texts) => {
  expect(textsOf(evidence)).toEqual(texts);
});

it('allows repeats up to the work in flight, and one row of the lake for each', () => {
  const repeated = (times: number) => ({
    topics: {
      ...topics,
      results: new Map([
        ['r1', 1 + times],
        ['r2', 1],
      ]),
    },
    rows: new Map([
      ['r1', 1 + times],
      ['r2', 1],
    ]),
  });
  expect(textsOf(repeated(1))).toEqual([]);
  expect(textsOf(repeated(2))).toEqual(['doubled: 2 repeated results, where 1 are explained']);
  expect(textsOf(repeated(1), { ...bounds, exactlyOnce: true })).toEqual([
    'doubled: 1 repeated results, where 0 are explained',
  ]);
});

it('does not count the second result of an event that was sent twice', () => {
  const twice = {
    ...topics,
    inputs: new Map([...topics.inputs, ['e1', 2]]),
    results: new Map([
      ['r1', 2],
      ['r2', 1],
    ]),
  };
  expect(judge(sent, { ...good, topics: twice }, bounds).repeats).toBe(0);
});

it('accepts the end by the signal itself of a process that was not ready', () => {
  const bySignal = { ...end, exit: { code: null, signal: 'SIGTERM' as const, asked: true } };
  expect(textsOf({ processes: { ...processes, ends: [{ ...bySignal, wasReady: false }] } })).toEqual([]);
  expect(textsOf({ processes: { ...processes, ends: [bySignal] } })).toEqual([
    'wrong: 007-jobs ended with SIGTERM after SIGTERM',
  ]);
});
