/** A simulated operating-system process. Events of a dead process are dropped, those of a frozen one are postponed. */
export interface SimProcess {
  /** Name of the machine, and the number of the start. */
  readonly name: string;
  readonly machine: string;
  alive: boolean;
  /** Virtual time (epoch ms) until which the process is stopped as by SIGSTOP. */
  frozenUntil: number;
}
