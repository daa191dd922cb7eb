/**
 * Bounds how many requests begin in one turn of the event loop: the rest wait for the next ones. A burst arrives in one
 * turn, and would otherwise be executed in it as a whole, while health checks, timers and finished signatures wait.
 * Of those that wait each caller has one begin before any has a second, so that nobody waits for another's burst.
 *
 * @returns what a request awaits before it begins, with the ID of its caller
 */
export function turns(perTurn: number): (callerId: string) => Promise<void> {
  /** By caller, in the order in which they are next. */
  const waiting = new Map<string, (() => void)[]>();
  let begun = 0;

  const takeNext = (): (() => void) | undefined => {
    const [first] = waiting;
    if (!first) return undefined;
    const [callerId, queue] = first;
    const next = queue.shift();
    waiting.delete(callerId);
    if (queue.length > 0) waiting.set(callerId, queue);
    return next;
  };

  const nextTurn = () => {
    for (begun = 0; begun < perTurn; begun++) {
      const begin = takeNext();
      if (!begin) break;
      begin();
    }
    // While nobody begins, there is nothing to count.
    if (begun > 0) setImmediate(nextTurn);
  };

  return async (callerId) => {
    if (begun === 0) setImmediate(nextTurn);
    if (begun < perTurn) {
      begun += 1;
      return;
    }
    await new Promise<void>((begin) => {
      const queue = waiting.get(callerId);
      if (queue) queue.push(begin);
      else waiting.set(callerId, [begin]);
    });
  };
}
