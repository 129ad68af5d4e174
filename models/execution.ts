/** Settings with which a worker runs a model. */
export interface Execution {
  /**
   * True: tasks share batches, which take turns on the device with those of other models. False: each task is computed
   * when it arrives.
   */
  readonly batches: boolean;
  /** Copies of the model that run batches at the same time. Each takes the memory that the card states. */
  readonly instances: number;
  /** Cores that one batch keeps busy. */
  readonly cores: number;
}

/** Reduces the instances to the number that fits the memory budget, at least one. */
export function withinBudget(execution: Execution, memoryMiB: number, budgetMiB: number): Execution {
  const fit = memoryMiB === 0 ? Infinity : Math.floor(budgetMiB / memoryMiB);
  return { ...execution, instances: Math.max(1, Math.min(execution.instances, fit)) };
}
