import { parseConfig } from "../../src/config/config.ts";
import type { Check } from "../../src/doctor/examine.ts";
import { API_KEY, API_SECRET } from "./credentials.ts";

export const now = () => new Date();

/** The findings of a check in an environment, one per line: `ok`, `FAIL` or `-`, the subject, and the text. */
export async function foundBy(check: Check, env: Record<string, string>, clock = now): Promise<string[]> {
  const findings = await check(parseConfig(env), clock);
  return findings.map(({ what, ok, says }) => `${ok === null ? "-" : ok ? "ok" : "FAIL"} ${what}: ${says}`);
}

/** A project of the OpenTok environment at a URL. */
export const openTokAt = (url: string) => ({
  PLATFORM: "opentok",
  OPENTOK_API_KEY: API_KEY,
  OPENTOK_API_SECRET: API_SECRET,
  OPENTOK_API_URL: url,
});
