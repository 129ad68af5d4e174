import type { Scheduler } from '../engine/scheduler.js';
import type { Respond } from './connection.js';
import { protocolError } from './protocol-errors.js';

interface Member {
  readonly id: string;
  readonly sessionMs: number;
  readonly rebalanceMs: number;
  metadata: Buffer;
  /** Answers the join that waits. */
  joining: Respond | undefined;
  /** Answers the sync that waits. */
  syncing: Respond | undefined;
  cancelExpiry: () => void;
}

export interface JoinRequest {
  readonly groupId: string;
  readonly memberId: string;
  readonly sessionTimeout: number;
  readonly rebalanceTimeout: number;
  readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
}

export interface SyncRequest {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupAssignment: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[];
}

/** Time (ms) for which an empty group waits for further members, before its first generation. */
const firstDelayMs = 20;

type State = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

/** A consumer group as its coordinator keeps it: eager rebalances, generations and sessions. */
export class Group {
  readonly name: string;
  state: State = 'Empty';
  generation = 0;
  readonly committed = new Map<string, number>();
  readonly #members = new Map<string, Member>();
  readonly #scheduler: Scheduler;
  readonly #isAwake: () => boolean;
  #assignments = new Map<string, Buffer>();
  #leader: string | undefined;
  #protocol = '';
  #joined = 0;
  #cancelRebalance: () => void = () => undefined;

  /** @param isAwake false while the broker is frozen or down: no session ends then */
  constructor(name: string, scheduler: Scheduler, isAwake: () => boolean) {
    this.name = name;
    this.#scheduler = scheduler;
    this.#isAwake = isAwake;
  }

  has(memberId: string): boolean {
    return this.#members.has(memberId);
  }

  get memberIds(): readonly string[] {
    return [...this.#members.keys()];
  }

  join(request: JoinRequest, clientName: string, respond: Respond): string | undefined {
    const { memberId, sessionTimeout, rebalanceTimeout, groupProtocols } = request;
    if (memberId !== '' && !this.#members.has(memberId)) {
      respond({ error: protocolError('UNKNOWN_MEMBER_ID') });
      return undefined;
    }
    const id = memberId === '' ? `${clientName}-${(this.#joined += 1)}` : memberId;
    const [protocol] = groupProtocols;
    const member = this.#members.get(id) ?? {
      id,
      sessionMs: sessionTimeout,
      rebalanceMs: rebalanceTimeout,
      metadata: Buffer.alloc(0),
      joining: undefined,
      syncing: undefined,
      cancelExpiry: () => undefined,
    };
    this.#members.set(id, member);
    member.metadata = protocol?.metadata ?? Buffer.alloc(0);
    this.#protocol = protocol?.name ?? '';
    member.joining = respond;
    member.cancelExpiry();
    if (this.state !== 'PreparingRebalance') this.#prepare();
    else this.#completeIfAllJoined();
    return id;
  }

  sync(request: SyncRequest, respond: Respond): void {
    const member = this.#current(request.memberId, request.generationId, respond);
    if (member === undefined) return;
    if (this.state === 'PreparingRebalance') return respond({ error: protocolError('REBALANCE_IN_PROGRESS') });
    this.#heard(member);
    if (this.state === 'Stable') return this.#assign(member, respond);
    member.syncing = respond;
    if (request.memberId !== this.#leader) return;
    this.#assignments = new Map(request.groupAssignment.map((one) => [one.memberId, one.memberAssignment]));
    this.state = 'Stable';
    for (const other of this.#members.values()) {
      if (other.syncing) this.#assign(other, other.syncing);
      other.syncing = undefined;
    }
  }

  heartbeat(memberId: string, generation: number, respond: Respond): void {
    const member = this.#current(memberId, generation, respond);
    if (member === undefined) return;
    this.#heard(member);
    if (this.state === 'PreparingRebalance') return respond({ error: protocolError('REBALANCE_IN_PROGRESS') });
    respond({ answer: {} });
  }

  /** Returns whether the member may commit now; answers it otherwise. */
  mayCommit(memberId: string, generation: number, respond: Respond): boolean {
    const member = this.#current(memberId, generation, respond);
    if (member === undefined) return false;
    this.#heard(member);
    if (this.state !== 'CompletingRebalance') return true;
    respond({ error: protocolError('REBALANCE_IN_PROGRESS') });
    return false;
  }

  leave(memberId: string, respond: Respond): void {
    if (!this.#members.has(memberId)) return respond({ error: protocolError('UNKNOWN_MEMBER_ID') });
    this.#remove(memberId);
    respond({ answer: {} });
  }

  /** After a freeze or a restart of the broker, all sessions begin anew, or have ended. */
  wake(sessionsEnded: boolean): void {
    for (const member of [...this.#members.values()]) {
      if (sessionsEnded && member.joining === undefined) this.#remove(member.id);
      else if (member.joining === undefined) this.#heard(member);
    }
  }

  #current(memberId: string, generation: number, respond: Respond): Member | undefined {
    const member = this.#members.get(memberId);
    if (member === undefined) respond({ error: protocolError('UNKNOWN_MEMBER_ID') });
    else if (generation !== this.generation) respond({ error: protocolError('ILLEGAL_GENERATION') });
    else return member;
    return undefined;
  }

  #assign(member: Member, respond: Respond): void {
    respond({ answer: { memberAssignment: this.#assignments.get(member.id) ?? Buffer.alloc(0) } });
  }

  /** Begins the session of a member anew. */
  #heard(member: Member): void {
    member.cancelExpiry();
    member.cancelExpiry = this.#scheduler.after(member.sessionMs, undefined, () => {
      if (this.#isAwake() && member.joining === undefined && this.#members.get(member.id) === member)
        this.#remove(member.id);
    });
  }

  #remove(memberId: string): void {
    const member = this.#members.get(memberId);
    if (member === undefined) return;
    this.#scheduler.trace.add(`${this.name} loses ${memberId}`);
    member.cancelExpiry();
    member.syncing?.({ error: protocolError('REBALANCE_IN_PROGRESS') });
    this.#members.delete(memberId);
    if (this.state === 'PreparingRebalance') this.#completeIfAllJoined();
    else if (this.#members.size === 0) this.state = 'Empty';
    else this.#prepare();
  }

  #prepare(): void {
    const isFirst = this.state === 'Empty';
    for (const member of this.#members.values()) {
      member.syncing?.({ error: protocolError('REBALANCE_IN_PROGRESS') });
      member.syncing = undefined;
    }
    this.state = 'PreparingRebalance';
    const limitMs = isFirst
      ? firstDelayMs
      : Math.max(...[...this.#members.values()].map((member) => member.rebalanceMs));
    this.#cancelRebalance();
    this.#cancelRebalance = this.#scheduler.after(limitMs, undefined, () => this.#complete());
    if (!isFirst) this.#completeIfAllJoined();
  }

  #completeIfAllJoined(): void {
    if (this.#members.size === 0 || [...this.#members.values()].every((member) => member.joining)) this.#complete();
  }

  /** Ends the joining: members that have not joined again are out. */
  #complete(): void {
    if (!this.#isAwake()) {
      this.#cancelRebalance = this.#scheduler.after(100, undefined, () => this.#complete());
      return;
    }
    this.#cancelRebalance();
    for (const member of [...this.#members.values()]) {
      if (member.joining !== undefined) continue;
      member.cancelExpiry();
      this.#members.delete(member.id);
    }
    this.generation += 1;
    const members = [...this.#members.values()];
    this.#leader = members[0]?.id;
    this.state = members.length === 0 ? 'Empty' : 'CompletingRebalance';
    this.#scheduler.trace.add(`${this.name} generation ${this.generation}: ${this.memberIds.join(' ')}`);
    this.#assignments = new Map();
    for (const member of members) {
      const { joining } = member;
      member.joining = undefined;
      this.#heard(member);
      joining?.({
        answer: {
          generationId: this.generation,
          groupProtocol: this.#protocol,
          leaderId: this.#leader,
          memberId: member.id,
          members:
            member.id === this.#leader
              ? members.map(({ id, metadata }) => ({ memberId: id, memberMetadata: metadata }))
              : [],
        },
      });
    }
  }
}
