import type { Schedule } from '../plan/schedule.js';
import { total, type Finding } from '../oracle/verdict.js';
import type { Evidence, Sent } from '../oracle/evidence.js';
import type { Verdict } from '../oracle/verdict.js';
import type { End } from '../stack/fleet.js';

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
  const found = sent.filter(({ expected }) => expected.kind === 'result' && topics.results.has(expected.id));
  const letters = new Map(sent.map(({ id }) => [id, topics.letters.get(id)?.length ?? 0]));
  const { membersBackMs, settledMs, ends, ownExits } = processes;
  return {
    schedule,
    sent: sent.length,
    results: found.length,
    repeats,
    letters: total(letters),
    ...countsOf(findings),
    ownExits: ownExits.length,
    membersBackS: membersBackMs === undefined ? undefined : seconds(membersBackMs),
    recoveryS: settledMs === undefined ? undefined : seconds(settledMs),
    ...endsOf(ends),
    tookS: seconds(tookMs),
    findings,
  };
}

/** Row without records. */
export function emptyRow(
  schedule: Schedule,
  {
    findings,
    ends,
    tookMs,
  }: { readonly findings: readonly Finding[]; readonly ends: readonly End[]; readonly tookMs: number },
): Row {
  return {
    ...{ schedule, findings, sent: 0, results: 0, repeats: 0, letters: 0, ...countsOf(findings), ownExits: 0 },
    ...{ membersBackS: 0, recoveryS: 0, ...endsOf(ends), tookS: seconds(tookMs) },
  };
}

function countsOf(findings: readonly Finding[]): Record<Finding['kind'], number> {
  const counted = (kind: Finding['kind']) => findings.filter((finding) => finding.kind === kind).length;
  return { lost: counted('lost'), doubled: counted('doubled'), wrong: counted('wrong') };
}

function endsOf(ends: readonly End[]): Pick<Row, 'ends' | 'slowestEndS'> {
  return { ends: ends.length, slowestEndS: seconds(Math.max(0, ...ends.map(({ tookMs }) => tookMs))) };
}

export function isGreen({ findings }: Row): boolean {
  return findings.length === 0;
}
