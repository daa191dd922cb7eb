import fc from "fast-check";
import { expect, it } from "vitest";
import type { MonitoringEvent } from "../../../src/domain/monitoring-event.ts";
import { Role } from "../../../src/domain/role.ts";
import type { ClientMessage } from "../../../src/platform/emulator/protocol.ts";
import { START, sessionNamed, type TestClient, testRooms } from "../../support/rooms.ts";

const SESSIONS = [sessionNamed("one"), sessionNamed("two")];

/** One step: what a client does, or a server. The numbers choose clients and streams among all that ever were. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("join"), role: fc.constantFrom(...Object.values(Role)) }),
  },
  fc.record({
    kind: fc.constantFrom(
      "publish",
      "unpublish",
      "leave",
      "break",
      "signal",
      "signalOne",
      "forceUnpublish",
      "forceDisconnect",
      "forceMute",
      "forceMuteAll",
      "slow",
      "serverDisconnect",
      "serverMuteAll",
      "serverSignal",
    ),
    role: fc.constant(Role.PUBLISHER),
  }),
);
const history = fc.array(fc.tuple(step, fc.nat(), fc.nat()), { maxLength: 60 });

type Rooms = ReturnType<typeof testRooms>;
interface Known {
  readonly client: TestClient;
  readonly sessionId: string;
  readonly role: Role;
}

/** The connections and streams of each session, by the calls of servers. */
function stateOf({ rooms }: Rooms): Map<string, { connections: string[]; streams: string[] }> {
  return new Map(
    SESSIONS.map((sessionId) => {
      const room = rooms.room(sessionId);
      const connections = room?.connections().map(({ connectionId }) => connectionId) ?? [];
      return [sessionId, { connections, streams: room?.streams().map(({ streamId }) => streamId) ?? [] }];
    }),
  );
}

const without = (from: readonly string[] = [], these: readonly string[] = []) =>
  from.filter((each) => !these.includes(each)).sort();

/** The IDs in the events of one kind of one session. */
const idsIn = (events: readonly MonitoringEvent[], sessionId: string, kind: MonitoringEvent["event"]) =>
  events
    .filter((event) => event.event === kind && event.sessionId === sessionId)
    .map((event) => ("connection" in event ? event.connection.id : "stream" in event ? event.stream.id : ""))
    .sort();

/** What a client knows of its session, from its messages. */
function viewOf({ client }: Known): { connections: string[]; streams: string[] } {
  const [connections, streams] = [new Set<string>(), new Set<string>()];
  for (const message of client.received) {
    if (message.type === "joined") {
      connections.add(message.connectionId);
      for (const { connectionId } of message.connections) connections.add(connectionId);
      for (const { streamId } of message.streams) streams.add(streamId);
    }
    if (message.type === "connectionCreated") connections.add(message.connection.connectionId);
    if (message.type === "connectionDestroyed") expect(connections.delete(message.connectionId)).toBe(true);
    if (message.type === "published" || message.type === "streamCreated")
      streams.add(message.stream.streamId);
    if (message.type === "streamDestroyed") expect(streams.delete(message.streamId)).toBe(true);
  }
  return { connections: [...connections].sort(), streams: [...streams].sort() };
}

async function take(rooms: Rooms, known: Known[], kind: string, role: Role, a: number, b: number) {
  const sessionId = SESSIONS[a % 2] ?? "";
  if (kind === "join") {
    known.push({ client: rooms.join({ sessionId, role, data: `data-${a}` }), sessionId, role });
    return;
  }
  const actor = known[a % known.length];
  const target = known[b % known.length];
  if (!actor || !target) return;
  const { client } = actor;
  const { connectionId, streamId } = target.client;
  const messages: Record<string, ClientMessage> = {
    publish: { type: "publish" },
    unpublish: { type: "unpublish", streamId },
    leave: { type: "leave" },
    signal: { type: "signal", data: `from ${client.connectionId}` },
    signalOne: { type: "signal", to: connectionId, data: `to ${connectionId}` },
    forceUnpublish: { type: "forceUnpublish", streamId },
    forceDisconnect: { type: "forceDisconnect", connectionId },
    forceMute: { type: "forceMute", streamId },
    forceMuteAll: { type: "forceMuteAll", excludedStreamIds: [streamId] },
  };
  const message = messages[kind];
  if (message) client.says(message);
  if (kind === "break") client.breaks();
  if (kind === "slow") {
    client.bufferedAmount = Number.POSITIVE_INFINITY;
    client.says({ type: "publish" });
  }
  const call = (act: () => void) => expect(() => attempt(act)).not.toThrow();
  if (kind === "serverDisconnect")
    call(() => rooms.calls.disconnect(sessionId, connectionId, rooms.clock.now));
  if (kind === "serverMuteAll") call(() => rooms.calls.muteAll(sessionId, b % 2 === 0, [streamId]));
  if (kind === "serverSignal") call(() => rooms.calls.signal(sessionId, null, { type: "", data: sessionId }));
  // A slow client is lost after the change.
  await Promise.resolve();
}

/** A call may be refused, but must not fail otherwise. */
function attempt(act: () => void): void {
  try {
    act();
  } catch (error) {
    if ((error as Error).name !== "RoomRefusal") throw error;
  }
}

it("tells events and clients exactly what changes, and nothing else", async () => {
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const rooms = testRooms();
      const known: Known[] = [];
      for (const [index, [{ kind, role }, a, b]] of steps.entries()) {
        rooms.clock.now = new Date(START.getTime() + index * 1000);
        const [before, from] = [stateOf(rooms), rooms.events.length];
        await take(rooms, known, kind, role, a, b);
        const [after, events] = [stateOf(rooms), rooms.events.slice(from)];
        for (const sessionId of SESSIONS) {
          const [was, is] = [before.get(sessionId), after.get(sessionId)];
          const ids = (event: MonitoringEvent["event"]) => idsIn(events, sessionId, event);
          const lost = without(was?.connections, is?.connections);
          expect(ids("connectionCreated")).toEqual(without(is?.connections, was?.connections));
          expect(ids("connectionDestroyed")).toEqual(lost);
          // A slow client's last stream begins and ends in one step.
          const brief = ids("streamCreated").filter((id) => ids("streamDestroyed").includes(id));
          expect(without(ids("streamCreated"), brief)).toEqual(without(is?.streams, was?.streams));
          expect(without(ids("streamDestroyed"), brief)).toEqual(without(was?.streams, is?.streams));
          expect(ids("sessionCreated")).toHaveLength(
            !was?.connections.length && is?.connections.length ? 1 : 0,
          );
          expect(ids("sessionDestroyed")).toHaveLength(
            was?.connections.length && !is?.connections.length ? 1 : 0,
          );
        }
      }
      const last = stateOf(rooms);
      for (const each of known) {
        const { client, sessionId, role } = each;
        const isIn = last.get(sessionId)?.connections.includes(client.connectionId) ?? false;
        expect(client.ended === null).toBe(isIn);
        const own = client.all("published").map(({ stream }) => stream.streamId);
        for (const { streamId } of client.all("muted")) expect(own).toContain(streamId);
        for (const { data } of client.all("signal")) {
          if (data.startsWith("to ")) expect(data).toBe(`to ${client.connectionId}`);
          if (SESSIONS.includes(data)) expect(data).toBe(sessionId);
        }
        if (role === Role.PUBLISHER_ONLY) {
          expect(client.all("signal")).toEqual([]);
          expect(client.all("connectionCreated")).toEqual([]);
          expect(client.all("streamCreated")).toEqual([]);
          for (const { streamId } of client.all("streamDestroyed")) expect(own).toContain(streamId);
        } else if (isIn) {
          const { connections = [], streams = [] } = last.get(sessionId) ?? {};
          expect(viewOf(each)).toEqual({
            connections: [...connections].sort(),
            streams: [...streams].sort(),
          });
        }
      }
    }),
    { numRuns: 300 },
  );
});
