/** How a worker runs a model. */
export interface Execution {
  /**
   * Whether tasks share batches, which take turns with those of other models; if not, each is computed when it comes.
   */
  readonly batches: boolean;
  /** Copies of the model, each with the memory that the card states, that run batches at the same time. */
  readonly instances: number;
  /** Cores that a batch keeps busy. */
  readonly cores: number;
}

/** As many instances as a memory budget has room for, at least one. */
export function withinBudget(execution: Execution, memoryMiB: number, budgetMiB: number): Execution {
  const fit = memoryMiB === 0 ? Infinity : Math.floor(budgetMiB / memoryMiB);
  return { ...execution, instances: Math.max(1, Math.min(execution.instances, fit)) };
}
