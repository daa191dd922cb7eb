import OpenTok from "opentok";
import { describe, expect, it } from "vitest";
import { sessionOptions } from "../../../src/domain/session.ts";
import { parseSessionId } from "../../../src/domain/session-id.ts";
import { emulatedPlatform } from "../../../src/platform/emulator/emulated-platform.ts";
import { Rooms } from "../../../src/platform/emulator/rooms.ts";
import { ServerCalls } from "../../../src/platform/emulator/server-calls.ts";
import { API_KEY, API_SECRET } from "../../support/credentials.ts";

const calls = new ServerCalls(API_KEY, new Rooms(API_KEY, () => {}));
const platform = emulatedPlatform(API_KEY, calls);
const now = new Date(1_795_500_000_123);

describe("the local platform", () => {
  it("makes session IDs in which our parser and opentok's find the project", async () => {
    const sessionId = await platform.createSession(sessionOptions({ location: "203.0.113.7" }), now);
    expect(sessionId).toMatch(/^[12]_[A-Za-z0-9_-]{1,253}$/);
    expect(parseSessionId(sessionId)).toEqual({ owner: API_KEY, location: "203.0.113.7", createdAt: now });
    expect(new OpenTok(API_KEY, API_SECRET).generateToken(sessionId)).toMatch(/^eyJ/);
    expect(() => new OpenTok("23456789", API_SECRET).generateToken(sessionId)).toThrow(/belongs/);
  });

  it("writes the creation time in epoch milliseconds, where the platform has it", async () => {
    const sessionId = await platform.createSession(sessionOptions({}), now);
    const fields = Buffer.from(sessionId.slice(2), "base64url").toString().split("~");
    expect(fields.slice(0, 4)).toEqual(["1", API_KEY, "", "1795500000123"]);
    expect(fields[4]).toMatch(/^[A-Za-z0-9+/]{24}$/);
  });

  it("never makes the same one twice", async () => {
    const made = await Promise.all(
      Array.from({ length: 1000 }, () => platform.createSession(sessionOptions({}), now)),
    );
    expect(new Set(made).size).toBe(1000);
  });
});
