import type { Config } from "../config/config.ts";
import { isLoopbackHostname } from "../process/loopback.ts";
import type { Finding } from "./finding.ts";

/** The origins whose pages may call the server. */
export async function lookAtPages({ corsOrigins, production }: Config): Promise<Finding[]> {
  return corsOrigins.map((given) => {
    const origin = asGiven(given);
    const risk = production ? riskOf(new URL(origin)) : null;
    const says = `${origin}: ${risk ?? (origin.includes("*") ? "pages of every matching host may call" : "its pages may call")}`;
    return { what: "CORS_ORIGINS", ok: risk === null ? true : null, says };
  });
}

/** The origin as configured; the configuration turned a wildcard into a pattern. */
function asGiven(origin: string | RegExp): string {
  if (typeof origin === "string") return origin;
  return origin.source
    .slice(1, -1)
    .replace(/\[.*\}/, "*")
    .replaceAll("\\", "");
}

function riskOf({ protocol, hostname }: URL): string | null {
  if (protocol !== "http:" && protocol !== "https:") return null;
  if (isLoopbackHostname(hostname)) return "pages on developers' machines may call the production server";
  if (protocol === "http:") return "anyone on the path can change its pages, which get tokens: use https:";
  return null;
}
