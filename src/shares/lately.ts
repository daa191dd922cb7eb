/**
 * `ask`, called once for all who want the answer within `age` milliseconds of the call, and never while a call is underway.
 * A failure is an answer, too. Strangers can then cause no more calls than one in that time.
 */
export function lately<T>(age: number, ask: () => Promise<T>): () => Promise<T> {
  let latest: { readonly askedAt: number; readonly answer: Promise<T> } | undefined;
  let asking = false;
  return () => {
    const now = performance.now();
    if (latest && (asking || now - latest.askedAt < age)) return latest.answer;
    asking = true;
    const answer = ask().finally(() => {
      asking = false;
    });
    latest = { askedAt: now, answer };
    return answer;
  };
}
