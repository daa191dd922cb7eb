/**
 * Turns a long list into promises, so that GraphQL does not complete the whole list in one tick of the event loop.
 * GraphQL completes each item when its promise resolves. The promises of the first turn resolve at once.
 *
 * @param turn resolves at the next turn
 */
export function inTurns<T>(items: readonly T[], perTurn: number, turn: () => Promise<void>): Promise<T>[] {
  const promises: Promise<T>[] = [];
  let begun: Promise<void> = Promise.resolve();
  for (let start = 0; start < items.length; start += perTurn) {
    const mine = begun;
    for (const item of items.slice(start, start + perTurn)) promises.push(mine.then(() => item));
    // One turn after another: turns that begin together are one turn.
    begun = mine.then(turn);
  }
  return promises;
}
