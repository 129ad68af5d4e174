/** Bounds the work that a process holds, in items and in bytes. */
export interface Window {
  /** Takes a place, or says that there is none now. An item larger than the whole window passes when it is alone. */
  tryAcquire(bytes: number): boolean;
  release(bytes: number): void;
  /** Resolves at the next release. */
  freed(): Promise<void>;
  /** Resolves when nothing is held. */
  empty(): Promise<void>;
  readonly held: number;
}

export function createWindow(limits: { readonly items: number; readonly bytes: number }): Window {
  let items = 0;
  let bytes = 0;
  let waiters: (() => void)[] = [];

  function freed(): Promise<void> {
    return new Promise((resolve) => waiters.push(resolve));
  }

  return {
    tryAcquire(size) {
      if (items > 0 && (items >= limits.items || bytes + size > limits.bytes)) return false;
      items += 1;
      bytes += size;
      return true;
    },
    release(size) {
      items -= 1;
      bytes -= size;
      const woken = waiters;
      waiters = [];
      for (const wake of woken) wake();
    },
    freed,
    async empty() {
      while (items > 0) await freed();
    },
    get held() {
      return items;
    },
  };
}
