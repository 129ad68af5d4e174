/** Deduplicates concurrent calls: a call whose key has a call in flight shares the result, or failure, of that call. */
export function singleFlight<T>(ask: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const inFlight = new Map<string, Promise<T>>();
  return function askShared(key) {
    const joined = inFlight.get(key);
    if (joined) return joined;
    const answer = ask(key).finally(() => inFlight.delete(key));
    inFlight.set(key, answer);
    return answer;
  };
}
