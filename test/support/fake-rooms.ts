import { randomUUID } from "node:crypto";
import type { JoinedClient } from "../platform/platform.contract.ts";
import { answer, answerJson, type Behaviour, refuse } from "./fault-server.ts";

interface Stream {
  readonly id: string;
  readonly name: string;
  readonly videoType?: string;
  readonly publisher: Client;
}

interface Client {
  readonly connectionId: string;
  readonly createdAt: number;
  readonly signals: { type: string; data: string }[];
  readonly muted: string[];
}

interface Room {
  readonly clients: Map<string, Client>;
  readonly streams: Map<string, Stream>;
  mutesNewStreams: boolean;
}

/** A call for a room, with the IDs and the body of its request. */
type Handle = (room: Room, ids: Record<string, string>, body: Record<string, unknown>) => Behaviour;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const done = (status: number): Behaviour => answer(status, "text/plain", "");
const notFound = refuse(404, "Not found");

const ROUTES: readonly (readonly [method: string, path: RegExp, Handle])[] = [
  [
    "GET",
    /^\/connection$/,
    ({ clients }) => {
      const items = [...clients.values()].map(({ connectionId, createdAt }) => ({
        connectionId,
        connectionState: "Connected",
        createdAt,
      }));
      return answerJson(200, { count: items.length, items });
    },
  ],
  [
    "GET",
    /^\/stream$/,
    ({ streams }) => {
      if (streams.size === 0) return notFound;
      const items = [...streams.values()].map(({ publisher, ...stream }) => ({
        ...stream,
        layoutClassList: [],
      }));
      return answerJson(200, { count: items.length, items });
    },
  ],
  [
    "DELETE",
    /^\/connection\/(?<connection>[^/]+)$/,
    (room, { connection = "" }) => (leave(room, connection) ? done(204) : notFound),
  ],
  [
    "POST",
    /^\/stream\/(?<stream>[^/]+)\/mute$/,
    ({ streams }, { stream = "" }) => (mute(streams.get(stream)) ? done(200) : notFound),
  ],
  [
    "POST",
    /^\/mute$/,
    (room, _, { active, excludedStreamIds = [] }) => {
      if (typeof active !== "boolean" || !Array.isArray(excludedStreamIds))
        return refuse(400, "Invalid body");
      room.mutesNewStreams = active;
      for (const stream of room.streams.values())
        if (active && !excludedStreamIds.includes(stream.id)) mute(stream);
      return answerJson(200, { status: "ACTIVE", name: "A project", environment: "standard", createdAt: 1 });
    },
  ],
  [
    "POST",
    /^(?:\/connection\/(?<connection>[^/]+))?\/signal$/,
    ({ clients }, { connection }, { type, data }) => {
      if (typeof type !== "string" || typeof data !== "string") return refuse(400, "Invalid body");
      if (Buffer.byteLength(type) > 128 || Buffer.byteLength(data) > 8192) return refuse(413, "Too long");
      if (connection !== undefined && !clients.has(connection)) return notFound;
      for (const client of clients.values())
        if (connection === undefined || client.connectionId === connection)
          client.signals.push({ type, data });
      return done(204);
    },
  ],
];

function leave({ clients, streams }: Room, connectionId: string): boolean {
  for (const { id, publisher } of streams.values())
    if (publisher.connectionId === connectionId) streams.delete(id);
  return clients.delete(connectionId);
}

function mute(stream: Stream | undefined): boolean {
  stream?.publisher.muted.push(stream.id);
  return stream !== undefined;
}

/** The rooms of a project on the real platform: its REST calls for them, and clients that join without a token. */
export function fakeRooms(owner: string) {
  const rooms = new Map<string, Room>();

  const call: Behaviour = (response, request) => {
    const [, project, session = "", end = ""] =
      /^\/v2\/project\/([^/]+)\/session\/([^/]+)(\/.+)$/.exec(request.path ?? "") ?? [];
    const room = rooms.get(session);
    for (const [method, path, handle] of ROUTES) {
      const match = path.exec(end);
      if (project !== owner || method !== request.method || !match) continue;
      const ids = { ...match.groups } as Record<string, string>;
      const isValid = Object.values(ids).every((id) => id === undefined || UUID.test(id));
      const isKnown = room !== undefined && room.clients.size > 0;
      const behaviour = !isValid
        ? refuse(400, "Invalid ID")
        : isKnown
          ? handle(room, ids, JSON.parse(request.body || "{}"))
          : notFound;
      return behaviour(response, request);
    }
    return answer(404, "text/html", "Not found")(response, request);
  };

  return {
    call,
    join(sessionId: string): JoinedClient {
      const room = rooms.get(sessionId) ?? { clients: new Map(), streams: new Map(), mutesNewStreams: false };
      rooms.set(sessionId, room);
      const client: Client = { connectionId: randomUUID(), createdAt: Date.now(), signals: [], muted: [] };
      room.clients.set(client.connectionId, client);
      return {
        ...client,
        isConnected: () => room.clients.has(client.connectionId),
        publish(name, videoType) {
          const id = randomUUID();
          const stream = { id, name, ...(videoType !== null && { videoType }), publisher: client };
          room.streams.set(id, stream);
          if (room.mutesNewStreams) mute(stream);
          return id;
        },
        leave: () => void leave(room, client.connectionId),
      };
    },
  };
}
