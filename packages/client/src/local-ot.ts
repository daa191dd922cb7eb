import type { OpenTok } from "./local-ot/opentok.ts";
import { LocalPublisher } from "./local-ot/publisher.ts";
import { LocalSession } from "./local-ot/session.ts";

export type * from "./local-ot/opentok.ts";

/**
 * An `OT` for the local platform, in place of OpenTok.js. Clients see each other, and exchange signals, but no media: coloured
 * tiles with names take the place of video.
 *
 * @param url the server's path for clients, or its whole URL
 */
export function localOT(url: string | URL = "/local/join"): OpenTok {
  const socketUrl = new URL(url, globalThis.location?.href);
  socketUrl.protocol = socketUrl.protocol.replace("http", "ws");
  return {
    initSession: (_applicationId, sessionId) => new LocalSession(sessionId, socketUrl),
    initPublisher(target, properties, done) {
      const publisher = new LocalPublisher(target, properties);
      queueMicrotask(() => done?.());
      return publisher;
    },
  };
}
