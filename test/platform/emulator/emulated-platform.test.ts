import OpenTok from "opentok";
import { describe, expect, it } from "vitest";
import { sessionOptions } from "../../../src/domain/session.ts";
import { parseSessionId } from "../../../src/domain/session-id.ts";
import { emulatedPlatform } from "../../../src/platform/emulator/emulated-platform.ts";
import { API_KEY, API_SECRET } from "../../support/credentials.ts";
import { START, type TestClient, testRooms } from "../../support/rooms.ts";
import { type JoinedClient, platformContract } from "../platform.contract.ts";

const newPlatform = () => {
  const { calls, join, clock } = testRooms();
  clock.now = new Date();
  return {
    platform: emulatedPlatform(API_KEY, calls),
    join: (sessionId: string) => joined(join({ sessionId })),
  };
};

function joined(client: TestClient): JoinedClient {
  return {
    connectionId: client.connectionId,
    get signals() {
      return client.all("signal").map(({ signalType, data }) => ({ type: signalType, data }));
    },
    get muted() {
      return client.all("muted").map(({ streamId }) => streamId);
    },
    isConnected: () => client.ended === null,
    publish(name, videoType) {
      client.says({ type: "publish", name, videoType });
      return client.streamId;
    },
    leave: () => client.says({ type: "leave" }),
  };
}

describe("the local platform", () => {
  platformContract(API_KEY, async () => newPlatform());

  const { platform } = newPlatform();

  it("makes session IDs in which our parser and opentok's find the project", async () => {
    const sessionId = await platform.createSession(sessionOptions({ location: "203.0.113.7" }), START);
    expect(sessionId).toMatch(/^[12]_[A-Za-z0-9_-]{1,253}$/);
    expect(parseSessionId(sessionId)).toEqual({ owner: API_KEY, location: "203.0.113.7", createdAt: START });
    expect(new OpenTok(API_KEY, API_SECRET).generateToken(sessionId)).toMatch(/^eyJ/);
    expect(() => new OpenTok("23456789", API_SECRET).generateToken(sessionId)).toThrow(/belongs/);
  });

  it("writes the creation time in epoch milliseconds, where the platform has it", async () => {
    const sessionId = await platform.createSession(sessionOptions({}), START);
    const fields = Buffer.from(sessionId.slice(2), "base64url").toString().split("~");
    expect(fields.slice(0, 4)).toEqual(["1", API_KEY, "", "1795500000123"]);
    expect(fields[4]).toMatch(/^[A-Za-z0-9+/]{24}$/);
  });

  it.each(["", "..", "1_invalid"])("lists nobody in the malformed session %o", async (sessionId) => {
    expect(await platform.connections(sessionId, START)).toEqual([]);
    expect(await platform.streams(sessionId, START)).toEqual([]);
  });
});
