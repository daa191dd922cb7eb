/** In how many turns of the event loop something is done; `act` may give a promise of its end. */
export async function turnsDuring(act: () => unknown): Promise<number> {
  let turns = 0;
  const count = () => {
    turns += 1;
    immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  await act();
  clearImmediate(immediate);
  return turns;
}
