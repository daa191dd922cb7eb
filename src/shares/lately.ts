/**
 * Wraps `ask` so that callers within `age` milliseconds share one call, and never runs two calls at once. Failures are shared, too.
 * So unauthenticated callers can cause at most one call in that time.
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
