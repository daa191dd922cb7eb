/** Whether each test has its long form, as in `npm run test:long`. */
export const LONG = process.env.STAGEPASS_LONG === "1";

/** How many generated inputs a test tries: this many in its long form, otherwise a twentieth. */
export function inputs(most: number): number {
  return LONG ? most : most / 20;
}

/** How much longer an answer may take in the short form, in milliseconds: beside other tests, a machine can stall for seconds. */
export const SLACK = LONG ? 0 : 10_000;
