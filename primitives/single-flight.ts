/** Shares questions: a call whose key has a question under way gets the answer, or the failure, of that question. */
export function singleFlight<T>(ask: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const underWay = new Map<string, Promise<T>>();
  return function askShared(key) {
    const joined = underWay.get(key);
    if (joined) return joined;
    const answer = ask(key).finally(() => underWay.delete(key));
    underWay.set(key, answer);
    return answer;
  };
}
