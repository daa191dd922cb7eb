/**
 * Bounds how many requests begin in one turn of the event loop: the rest wait for the next ones, in order. A burst
 * arrives in one turn, and would otherwise be executed in it as a whole, while health checks, timers and finished
 * signatures wait.
 *
 * @returns what a request awaits before it begins
 */
export function turns(perTurn: number): () => Promise<void> {
  const waiting: (() => void)[] = [];
  let begun = 0;

  const nextTurn = () => {
    const next = waiting.splice(0, perTurn);
    begun = next.length;
    // While nobody begins, there is nothing to count.
    if (begun > 0) setImmediate(nextTurn);
    for (const begin of next) begin();
  };

  return async () => {
    if (begun === 0) setImmediate(nextTurn);
    if (begun < perTurn) {
      begun += 1;
      return;
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
}
