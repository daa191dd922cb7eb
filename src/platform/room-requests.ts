import type { Signal } from "../domain/signal.ts";
import type { RestEnvironment } from "./credential-names.ts";
import type { MuteState } from "./platform.ts";
import type { RestRequest } from "./rest-call.ts";
import { MAX_ANSWER } from "./rest-client.ts";

/** The largest list, in bytes. A list of 3000 connections has about 300 KB. */
const MAX_LIST = 4 * 1024 * 1024;

/** IDs in a path, which is the route with them in place of the braces. */
interface Ids {
  readonly session: string;
  readonly connection?: string;
  readonly stream?: string;
}

/**
 * An ID that stays one segment of a path. Without this check, the request to disconnect the client "" or ".." would be for its session.
 */
const SAFE_ID = /^(?!\.{1,2}$)[!-.0-~]{1,255}$/;

const ROOM = "/v2/project/{project}/session/{session}";

/** The bodies in which the environments' SDKs differ. */
const BODIES = {
  opentok: {
    none: "{}",
    muteAll: ({ active, excludedStreamIds }: MuteState) =>
      active ? { excludedStreamIds, active } : { active },
  },
  vonage: {
    none: "",
    muteAll: ({ active, excludedStreamIds }: MuteState) => ({
      active,
      excludedStreamIds: active ? excludedStreamIds : [],
    }),
  },
} as const;

/** The requests for the sessions of one project. Each is null if no session, client or stream can have the ID. */
export function roomRequests(environment: RestEnvironment, applicationId: string) {
  const bodies = BODIES[environment];

  const request = (
    method: RestRequest["method"],
    end: string,
    ids: Ids,
    body: string | null,
    maxAnswer = MAX_ANSWER,
  ): RestRequest | null => {
    const route = `${ROOM}${end}`;
    const path = pathOf(route, { project: applicationId, ...ids });
    return path === null ? null : { method, route, path, body, maxAnswer };
  };

  return {
    connections: (session: string) => request("GET", "/connection", { session }, null, MAX_LIST),
    streams: (session: string) => request("GET", "/stream", { session }, null, MAX_LIST),
    disconnect: (session: string, connection: string) =>
      request("DELETE", "/connection/{connection}", { session, connection }, null),
    muteStream: (session: string, stream: string) =>
      request("POST", "/stream/{stream}/mute", { session, stream }, bodies.none),
    muteAll: (session: string, state: MuteState) =>
      request("POST", "/mute", { session }, JSON.stringify(bodies.muteAll(state))),
    signal(session: string, connection: string | null, { type, data }: Signal) {
      const body = JSON.stringify({ type, data });
      return connection === null
        ? request("POST", "/signal", { session }, body)
        : request("POST", "/connection/{connection}/signal", { session, connection }, body);
    },
  };
}

function pathOf(route: string, ids: Record<string, string>): string | null {
  if (!Object.values(ids).every((id) => SAFE_ID.test(id))) return null;
  return route.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? ""));
}
