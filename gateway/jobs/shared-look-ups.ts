import type { JobStates } from '../../jobs/state/job-states.js';
import { singleFlight } from '../../primitives/single-flight.js';
import { createSlots } from '../../primitives/slots.js';

/**
 * Job states for all requests of a gateway. Requests that look up one job at the same time share the look-up. At most
 * `inFlight` look-ups are in flight, because commands that queue behind each other on one connection time out.
 */
export function sharedLookUps(states: JobStates, inFlight: number): JobStates {
  const inSlot = createSlots(inFlight);
  return {
    find: singleFlight((id) => inSlot(() => states.find(id), 0)),
    list: (client, before, count) => inSlot(() => states.list(client, before, count), 0),
    parts: (id, first, count) => inSlot(() => states.parts(id, first, count), 0),
  };
}
