import pino from "pino";
import { createProject } from "../../src/assembly/project.ts";
import { parseConfig } from "../../src/config/config.ts";
import type { Platform } from "../../src/platform/platform.ts";
import { OPENTOK, VONAGE } from "./credentials.ts";

/** The platforms with a REST API. */
export type Environment = "opentok" | "vonage";

/** The platform as the server makes it, with its API at this URL. */
export function platformOf(
  environment: Environment,
  url: string,
  env: Record<string, string> = {},
): Platform {
  const urls = { OPENTOK_API_URL: url, VONAGE_API_URL: url };
  const credentials = environment === "opentok" ? OPENTOK : VONAGE;
  const config = parseConfig({ PLATFORM: environment, ...credentials, ...urls, ...env });
  return createProject(config, pino({ level: "silent" })).platform;
}
