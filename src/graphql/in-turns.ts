import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * Hands out a long list so that GraphQL does not complete all of it in one turn of the event loop: it completes each item
 * when the promise of it resolves. The items of the first turn are there at once.
 */
export function inTurns<T>(items: readonly T[], perTurn: number): Promise<T>[] {
  const promises: Promise<T>[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  for (let start = 0; start < items.length; start += perTurn) {
    const begun = turn;
    for (const item of items.slice(start, start + perTurn)) promises.push(begun.then(() => item));
    // Not all of them at once: immediates that are set together run together.
    turn = begun.then(() => nextTurn());
  }
  return promises;
}
