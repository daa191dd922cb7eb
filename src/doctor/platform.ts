import { outbound } from "../assembly/outbound.ts";
import type { Config } from "../config/config.ts";
import { ProxyFailed } from "../errors.ts";
import { adviceFor, adviceForNoAnswer } from "../platform/advice.ts";
import { CREDENTIAL_NAMES, type CredentialNames } from "../platform/credential-names.ts";
import { aheadOf, reasonIn } from "../platform/rest-answer.ts";
import { codeOf, exchange, type RestAnswer } from "../platform/rest-client.ts";
import { VERSION } from "../process/version.ts";
import { platformAuth } from "../signing/platform-auth.ts";
import { type Finding, whyNoAnswer } from "./finding.ts";

/** The timeout for the platform, in milliseconds. `PLATFORM_TIMEOUT_MS` can shorten it. */
const LONGEST = 5000;

/** The smallest reported clock skew, in seconds. Smaller ones may come from the `Date` header's rounding and the latency. */
const DIFFER = 5;

/**
 * Lists one archive of the project, which creates nothing and needs the same credentials as a session. Tests only the key that
 * signs, because a previous key signs nothing.
 */
export async function lookAtPlatform({ platform, proxy }: Config, now: () => Date): Promise<Finding[]> {
  if (platform.name === "local") {
    const says = "local, the built-in platform: its tokens do not join real calls";
    return [{ what: "PLATFORM", ok: null, says }];
  }
  const names = CREDENTIAL_NAMES[platform.name];
  const { keyRing, url } = platform;
  const timeout = Math.min(platform.timeout, LONGEST);
  const asked = now();
  const headers = {
    accept: "application/json",
    "user-agent": `stagepass/${VERSION}`,
    ...(await platformAuth(keyRing, asked)),
  };
  const list = `${url}/v2/project/${keyRing.applicationId}/archive?count=1`;
  const signal = AbortSignal.timeout(timeout);
  try {
    const answer = await exchange(outbound(proxy), list, { headers, redirect: "manual", signal });
    const ahead = aheadOf(answer.date, asked);
    return [judge(answer, names, ahead), ...clockFindings(ahead)];
  } catch (error) {
    if (error instanceof ProxyFailed)
      return [{ what: names.url, ok: false, says: `${url} cannot be reached: ${error.message}` }];
    const says = `${url} cannot be reached: ${whyNoAnswer(error)}: ${adviceForNoAnswer(codeOf(error), names)}`;
    return [{ what: names.url, ok: false, says }];
  }
}

function judge(answer: RestAnswer, names: CredentialNames, ahead: number | null): Finding {
  const { status, body } = answer;
  const { id, key, url } = names;
  if (status === 200 && isList(body)) {
    return { what: key, ok: true, says: `the platform accepts this key for this ${id}` };
  }
  const reason = reasonIn(body);
  const said = reason === undefined ? `${status}` : `${status}, ${reason}`;
  if (status === 401 || status === 403) {
    const advice = adviceFor(reason ?? "", 401, names, ahead);
    const capability =
      id === CREDENTIAL_NAMES.vonage.id ? "; the application needs the Video capability" : "";
    return { what: key, ok: false, says: `the platform refuses the key: ${said}. ${advice}${capability}` };
  }
  if (status === 429) {
    return {
      what: key,
      ok: null,
      says: "not tested: the platform limits this project's requests; try again later",
    };
  }
  if (status >= 500 || status === 408 || status === 425) {
    return { what: url, ok: false, says: `the platform is unavailable: it answered ${said}` };
  }
  if (status === 404) {
    return {
      what: url,
      ok: false,
      says: `the platform does not find this project: ${said}; check ${url} and ${id}`,
    };
  }
  const says = `the answer is not from the platform: ${said}; check ${url}, and any proxy on the path`;
  return { what: url, ok: false, says };
}

function isList(body: string): boolean {
  try {
    return Array.isArray(JSON.parse(body).items);
  } catch {
    return false;
  }
}

function clockFindings(ahead: number | null): Finding[] {
  if (ahead === null) return [];
  if (Math.abs(ahead) < DIFFER) return [{ what: "clock", ok: true, says: "matches the platform's clock" }];
  const by = `${Math.abs(ahead)} seconds ${ahead > 0 ? "ahead of" : "behind"} the platform's`;
  return [{ what: "clock", ok: false, says: `this machine's clock is ${by}: synchronize it with NTP` }];
}
