import { MediaMode, type SessionOptions } from "../domain/session.ts";
import type { RestRequest } from "./rest-call.ts";
import { MAX_ANSWER } from "./rest-client.ts";

const PATH = "/session/create";

/** The request to create a session, without fields that are not set: the platform would read `location=null` as a location. */
export function sessionRequest(options: SessionOptions): RestRequest {
  const { mediaMode, archiveMode, archiveName, archiveResolution, location, e2ee } = options;
  const form = new URLSearchParams({
    "p2p.preference": mediaMode === MediaMode.RELAYED ? "enabled" : "disabled",
    archiveMode,
  });
  if (archiveName !== null) form.set("archiveName", archiveName);
  if (archiveResolution !== null) form.set("archiveResolution", archiveResolution);
  if (location !== null) form.set("location", location);
  if (e2ee) form.set("e2ee", "true");
  return { method: "POST", route: PATH, path: PATH, body: form, maxAnswer: MAX_ANSWER };
}
