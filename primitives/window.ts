/** Bounds the work that a process holds, by number of items and by bytes. */
export interface Window {
  /**
   * Takes a place and returns true, or returns false when none is free. An item larger than the window passes when it
   * is alone.
   */
  tryAcquire(bytes: number): boolean;
  release(bytes: number): void;
  /** Resolves at the next release. */
  freed(): Promise<void>;
  /** Resolves once no item is held. */
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
