import type { Config } from "../config/config.ts";
import { isLoopbackHostname } from "../process/loopback.ts";
import type { Finding } from "./finding.ts";

/** The origins whose pages may call. */
export async function lookAtPages({ corsOrigins, production }: Config): Promise<Finding[]> {
  return corsOrigins.map((origin) => {
    const { protocol, hostname } = new URL(origin);
    const finding = (ok: boolean | null, says: string) => ({
      what: "CORS_ORIGINS",
      ok,
      says: `${origin}: ${says}`,
    });
    if (production && isLoopbackHostname(hostname))
      return finding(null, "any page of a developer's machine may call the production server");
    if (production && protocol === "http:")
      return finding(
        null,
        "whoever is on the way can change its pages, which hold tokens: serve them by https:",
      );
    return finding(true, "its pages may call");
  });
}
