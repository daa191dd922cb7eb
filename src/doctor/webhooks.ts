import type { Config } from "../config/config.ts";
import type { Finding } from "./finding.ts";

/** Whether the platform's events have a secret. Without one, the server works, but does not know who is in a session. */
export async function lookAtWebhooks({ platform, webhooks }: Config): Promise<Finding[]> {
  if (platform.name === "local" || webhooks.keys !== null) return [];
  const says =
    "not set: the server accepts no events of the platform, so it knows no participants; set the signature secret of session monitoring";
  return [{ what: "WEBHOOK_SECRET", ok: null, says }];
}
