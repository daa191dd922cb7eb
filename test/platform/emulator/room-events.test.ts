import { expect, it } from "vitest";
import { Role } from "../../../src/domain/role.ts";
import { API_KEY } from "../../support/credentials.ts";
import { SESSION, START, testRooms } from "../../support/rooms.ts";

/** The payloads of the platform's session monitoring guide, with the IDs of this session. */
it("has the platform's payload for each change", () => {
  const { join, events, clock } = testRooms();
  const client = join({ data: "TOKENDATA", role: Role.MODERATOR });
  client.says({ type: "publish", name: "Bob", videoType: "camera" });
  client.says({ type: "publish", videoType: null });
  clock.now = new Date(START.getTime() + 5000);
  const [camera, audio] = client.all("published").map(({ stream }) => stream.streamId);
  client.says({ type: "forceUnpublish", streamId: camera ?? "" });
  client.says({ type: "leave" });

  const [joinedAt, leftAt] = [START.getTime(), clock.now.getTime()];
  const common = { sessionId: SESSION, projectId: API_KEY };
  const connection = { id: client.connectionId, createdAt: joinedAt, data: "TOKENDATA" };
  const ofCamera = { id: camera, connection, createdAt: joinedAt, name: "Bob", videoType: "camera" };
  const ofAudio = { id: audio, connection, createdAt: joinedAt, name: "" };
  expect(events).toStrictEqual([
    { ...common, event: "sessionCreated", timestamp: joinedAt },
    { ...common, event: "connectionCreated", timestamp: joinedAt, connection },
    { ...common, event: "streamCreated", timestamp: joinedAt, stream: ofCamera },
    { ...common, event: "streamCreated", timestamp: joinedAt, stream: ofAudio },
    {
      ...common,
      event: "streamDestroyed",
      timestamp: leftAt,
      stream: ofCamera,
      reason: "forceUnpublished",
    },
    {
      ...common,
      event: "streamDestroyed",
      timestamp: leftAt,
      stream: ofAudio,
      reason: "clientDisconnected",
    },
    {
      ...common,
      event: "connectionDestroyed",
      timestamp: leftAt,
      connection: { ...connection, data: "" },
      reason: "clientDisconnected",
    },
    { ...common, event: "sessionDestroyed", timestamp: leftAt, reason: "clientDisconnected" },
  ]);
});

it.each([
  ["forceDisconnected", "forceDisconnected", Role.MODERATOR],
  ["networkDisconnected", "clientDisconnected", Role.PUBLISHER],
])("ends the session of a client with the reason %s as %s", (reason, ofSession, role) => {
  const { join, events } = testRooms();
  const client = join({ role });
  const { connectionId } = client;
  if (role === Role.MODERATOR) client.says({ type: "forceDisconnect", connectionId });
  else client.breaks();
  expect(events.slice(-2)).toMatchObject([
    { event: "connectionDestroyed", reason },
    { event: "sessionDestroyed", reason: ofSession },
  ]);
});
