/**
 * Hands out a long list so that GraphQL does not complete all of it in one turn of the event loop: it completes each item
 * when the promise of it resolves. The items of the first turn are there at once.
 *
 * @param turn resolves at the next turn
 */
export function inTurns<T>(items: readonly T[], perTurn: number, turn: () => Promise<void>): Promise<T>[] {
  const promises: Promise<T>[] = [];
  let begun: Promise<void> = Promise.resolve();
  for (let start = 0; start < items.length; start += perTurn) {
    const mine = begun;
    for (const item of items.slice(start, start + perTurn)) promises.push(mine.then(() => item));
    // Not all turns at once: they would be one.
    begun = mine.then(turn);
  }
  return promises;
}
