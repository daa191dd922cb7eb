/**
 * `npm run bench`: ratios to others' code, measured side by side in one run. The figures themselves depend
 * on the machine; the ratios are what to look at.
 */
import { execFileSync } from "node:child_process";
import { benchFrontDoor } from "./front-door.js";
import { benchHttp } from "./http.js";
import { benchLedger } from "./ledger.js";
import { benchPages } from "./pages.js";
import { LOAD_CORE } from "./programs.js";
import { benchSigning } from "./signing.js";
import { benchStart } from "./start.js";
import { benchVonage } from "./vonage.js";

execFileSync("taskset", ["-cp", LOAD_CORE, String(process.pid)], { stdio: "ignore" });

const results = [
  ...benchSigning(),
  ...(await benchVonage()),
  ...(await benchHttp()),
  ...(await benchLedger()),
  ...(await benchPages()),
  ...(await benchFrontDoor()),
  ...(await benchStart()),
];
const round = (value) => (value === undefined ? "" : Number(value.toPrecision(3)));
console.table(
  results.map((result) => ({ ...result, ratio: round(result.ratio), spread: round(result.spread) })),
);
