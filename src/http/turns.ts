/**
 * Lets requests begin side by side, at most so many in one turn of the event loop: the rest wait for the next ones. A burst
 * arrives in one turn, and would otherwise be executed in it as a whole, while health checks, timers and finished signatures
 * wait. Of those that wait each caller has one begin before any has a second, so that nobody waits for another's burst.
 *
 * Those that begin together take each step together, and the processor finds the step's code in its cache; one by one, they
 * would take twice as long. So even the first waits for the others of its turn.
 *
 * @returns what a request awaits before it begins, with the ID of its caller
 */
export function turns(perTurn: number): (callerId: string) => Promise<void> {
  /** By caller, in the order in which they are next. */
  const waiting = new Map<string, (() => void)[]>();

  const takeNext = (): (() => void) | undefined => {
    const [first] = waiting;
    if (!first) return undefined;
    const [callerId, queue] = first;
    const next = queue.shift();
    waiting.delete(callerId);
    if (queue.length > 0) waiting.set(callerId, queue);
    return next;
  };

  const beginTogether = () => {
    for (let begun = 0; begun < perTurn; begun++) takeNext()?.();
    if (waiting.size > 0) setImmediate(beginTogether);
  };

  return (callerId) =>
    new Promise((begin) => {
      if (waiting.size === 0) setImmediate(beginTogether);
      const queue = waiting.get(callerId);
      if (queue) queue.push(begin);
      else waiting.set(callerId, [begin]);
    });
}
