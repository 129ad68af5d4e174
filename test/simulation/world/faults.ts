import type { ServerName, Trouble } from '../engine/network.js';

/** A fault of a world. `atMs` and `forMs` count from the start and from the begin of the fault (ms). */
export type Fault = { readonly atMs: number; readonly forMs: number } & (
  | { readonly kind: 'kill' | 'terminate' | 'freeze-worker'; readonly machine: string }
  | { readonly kind: 'freeze-broker' | 'kill-broker' | 'freeze-store' | 'kill-store' }
  /** The coordinator of the groups refuses requests. */
  | { readonly kind: 'refusing-coordinator'; readonly probability: number }
  /** Writes fail with an error that kafkajs does not retry; half of them are applied. */
  | { readonly kind: 'failing-writes'; readonly probability: number }
  /** The store acknowledges writes and forgets them. No client can repair that, so no seed draws it. */
  | { readonly kind: 'forgetful-store' }
  | { readonly kind: 'trouble'; readonly trouble: Trouble }
);

export const endsAtMs = ({ atMs, forMs }: Fault) => atMs + forMs;

/** Returns the time at which the last request may land that a fault has delayed (ms from the start). */
export function landsAtMs(fault: Fault): number {
  return endsAtMs(fault) + (fault.kind === 'trouble' && fault.trouble.kind === 'slow' ? fault.trouble.slowMs : 0);
}

export function troubleWith(server: ServerName, trouble: Partial<Trouble> & Pick<Trouble, 'kind'>): Trouble {
  return { machine: undefined, probability: 0, slowMs: 0, ...trouble, server };
}

/** Names a fault in a trace. */
export function describeFault(fault: Fault): string {
  const { kind, atMs, forMs } = fault;
  const where =
    'machine' in fault
      ? ` ${fault.machine}`
      : kind === 'trouble'
        ? ` ${fault.trouble.kind} between ${fault.trouble.machine ?? 'all machines'} and ${fault.trouble.server}`
        : '';
  return `${kind}${where} at ${atMs} ms for ${forMs} ms`;
}
