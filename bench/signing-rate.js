/** Tokens per second while `sign` is called in a loop for so many milliseconds. */
export function signingRate(sign, milliseconds) {
  const start = performance.now();
  let count = 0;
  let elapsed = 0;
  while (elapsed < milliseconds) {
    for (let i = 0; i < 20; i++) sign();
    count += 20;
    elapsed = performance.now() - start;
  }
  return (count / elapsed) * 1000;
}
