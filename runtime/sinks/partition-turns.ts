import type { Message } from '../records/message.js';

/** The place of a record in the order of its partition. */
export interface PartitionTurn {
  /** Resolves once all records before this one have left. */
  readonly before: Promise<void>;
  /** Lets the next record pass. */
  leave(): void;
}

/**
 * Lets the records of each partition pass in the order in which they enter. Records are decoded at the same time, and
 * one with a new schema waits for the registry: without a turn, the records behind it would overtake it.
 */
export function createPartitionTurns(): (message: Message, signal: AbortSignal) => PartitionTurn {
  /** The turn of the last record of each partition. Records of two assignments never wait for each other. */
  const assignments = new WeakMap<AbortSignal, Map<string, Promise<void>>>();

  return function enter({ topic, partition }, signal) {
    const tails = assignments.get(signal) ?? new Map<string, Promise<void>>();
    assignments.set(signal, tails);
    const place = `${topic}/${partition}`;
    const before = tails.get(place) ?? Promise.resolve();
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => {
      leave = () => resolve(before); // a record that fails early still has those before it
    });
    tails.set(place, left);
    return { before, leave };
  };
}
