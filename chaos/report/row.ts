import type { Schedule } from '../plan/schedule.js';
import { total, type Finding } from '../oracle/verdict.js';
import type { Evidence, Sent } from '../oracle/evidence.js';
import type { Verdict } from '../oracle/verdict.js';

/** The result of one schedule. */
export interface Row {
  readonly schedule: Schedule;
  /** Events, or results that the run itself sent. */
  readonly sent: number;
  /** Different results of this schedule on the topic. */
  readonly results: number;
  readonly repeats: number;
  readonly letters: number;
  readonly lost: number;
  readonly doubled: number;
  /** Findings that are neither a loss nor a double. */
  readonly wrong: number;
  /** Exits of processes that no fault asked for. */
  readonly ownExits: number;
  /** Seconds from the last fault until all groups had their members, and until nothing was left to do. */
  readonly membersBackS: number | undefined;
  readonly recoveryS: number | undefined;
  /** Processes that got SIGTERM, and the longest time until one had ended (s). */
  readonly ends: number;
  readonly slowestEndS: number;
  readonly tookS: number;
  readonly findings: readonly Finding[];
}

const seconds = (ms: number) => ms / 1_000;

export function rowOf(
  schedule: Schedule,
  sent: readonly Sent[],
  { evidence, verdict, tookMs }: { readonly evidence: Evidence; readonly verdict: Verdict; readonly tookMs: number },
): Row {
  const { topics, processes } = evidence;
  const { findings, repeats } = verdict;
  const counted = (kind: Finding['kind']) => findings.filter((finding) => finding.kind === kind).length;
  const found = sent.filter(({ expected }) => expected.kind === 'result' && topics.results.has(expected.id));
  const letters = new Map(sent.map(({ id }) => [id, topics.letters.get(id)?.length ?? 0]));
  const { membersBackMs, settledMs, ends, ownExits } = processes;
  return {
    schedule,
    sent: sent.length,
    results: found.length,
    repeats,
    letters: total(letters),
    lost: counted('lost'),
    doubled: counted('doubled'),
    wrong: counted('wrong'),
    ownExits: ownExits.length,
    membersBackS: membersBackMs === undefined ? undefined : seconds(membersBackMs),
    recoveryS: settledMs === undefined ? undefined : seconds(settledMs),
    ends: ends.length,
    slowestEndS: seconds(Math.max(0, ...ends.map(({ tookMs: each }) => each))),
    tookS: seconds(tookMs),
    findings,
  };
}

/** Row of a schedule that could not be judged. */
export function brokenRow(schedule: Schedule, error: Error, tookMs: number): Row {
  return {
    ...{ schedule, sent: 0, results: 0, repeats: 0, letters: 0, lost: 0, doubled: 0, wrong: 1, ownExits: 0 },
    ...{ membersBackS: undefined, recoveryS: undefined, ends: 0, slowestEndS: 0, tookS: seconds(tookMs) },
    findings: [{ kind: 'wrong', text: `the schedule could not be judged: ${error.message}` }],
  };
}

export function isGreen({ findings }: Row): boolean {
  return findings.length === 0;
}
