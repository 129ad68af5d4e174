/** TypeScript types of `model-command.avsc` and `worker-models.avsc`. */

export interface AliasRouteRecord {
  readonly to: string;
  readonly canary: { readonly to: string; readonly percent: number; readonly clients: readonly string[] } | null;
  readonly shadow: string | null;
}

export interface ModelCommand {
  readonly action: 'SET_ALIAS' | 'REMOVE_ALIAS' | 'LOAD' | 'UNLOAD';
  /** Alias such as `room-type@stable`, or exact version such as `scene@1`. */
  readonly subject: string;
  readonly route: AliasRouteRecord | null;
  /** Epoch milliseconds. */
  readonly issuedAt: number;
  readonly issuedBy: string;
}

export interface WorkerModels {
  readonly worker: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly stopped: boolean;
  readonly budgetMiB: number | null;
  /** Offset of the last record of `model-commands` that the worker has applied; -1: none. */
  readonly appliedOffset: number;
  /** Subject → reason why the worker could not carry out the last command for it. */
  readonly refused: Readonly<Record<string, string>>;
  readonly models: readonly {
    readonly id: string;
    readonly state: string;
    readonly memoryMiB: number;
    readonly pinned: boolean;
    readonly waiting: number;
    readonly failure: string | null;
  }[];
  readonly aliases: Readonly<Record<string, string>>;
}
