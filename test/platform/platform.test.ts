import { createPublicKey } from "node:crypto";
import pino from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { createProject } from "../../src/assembly/project.ts";
import { parseConfig } from "../../src/config/config.ts";
import { ArchiveMode, ArchiveResolution, MediaMode, sessionOptions } from "../../src/domain/session.ts";
import { parseSessionId } from "../../src/domain/session-id.ts";
import type { Platform } from "../../src/platform/platform.ts";
import { API_KEY, API_SECRET, APPLICATION_ID, OPENTOK, PRIVATE_KEY } from "../support/credentials.ts";
import { honest, refuse, startFaultServer } from "../support/fault-server.ts";

const PUBLIC_KEY = createPublicKey(PRIVATE_KEY).export({ type: "spki", format: "pem" }).toString();
const vonage = { VONAGE_APPLICATION_ID: APPLICATION_ID, VONAGE_PRIVATE_KEY: PRIVATE_KEY };

/** The platform as the server makes it. */
const platformOf = (env: Record<string, string>): Platform =>
  createProject(parseConfig(env), pino({ level: "silent" })).platform;

async function onServer(
  environment: "opentok" | "vonage",
  owner: string,
  key: string,
  credentials: Record<string, string>,
): Promise<Platform> {
  const server = await startFaultServer(honest(environment, owner, key));
  onTestFinished(() => server.close());
  const url = { OPENTOK_API_URL: server.url, VONAGE_API_URL: server.url };
  return platformOf({ ...credentials, ...url });
}

/** Every implementation of the port, as the server makes it; the real ones talk to a server that is strict. */
const implementations: [string, string, () => Promise<Platform>][] = [
  ["local", API_KEY, async () => platformOf({ PLATFORM: "local", ...OPENTOK })],
  ["opentok", API_KEY, () => onServer("opentok", API_KEY, API_SECRET, OPENTOK)],
  ["vonage", APPLICATION_ID, () => onServer("vonage", APPLICATION_ID, PUBLIC_KEY, vonage)],
];

describe.each(implementations)("the platform %s", (_, owner, create) => {
  it("names its project, which owns the sessions that it creates", async () => {
    const platform = await create();
    expect(platform.applicationId).toBe(owner);
    const sessionId = await platform.createSession(sessionOptions({}), new Date());
    expect(parseSessionId(sessionId)?.owner).toBe(owner);
  });

  it.each([
    ["relayed", {}],
    ["routed", { mediaMode: MediaMode.ROUTED }],
    ["near somebody", { location: "203.0.113.7" }],
    ["end-to-end encrypted", { mediaMode: MediaMode.ROUTED, e2ee: true }],
    [
      "archived",
      {
        mediaMode: MediaMode.ROUTED,
        archiveMode: ArchiveMode.ALWAYS,
        archiveName: "Tom & Jerry = 100% ☎ 🎉 +x",
        archiveResolution: ArchiveResolution.FHD_PORTRAIT,
      },
    ],
  ])("creates a session that is %s", async (_, options) => {
    const platform = await create();
    const sessionId = await platform.createSession(sessionOptions(options), new Date());
    expect(parseSessionId(sessionId)).toMatchObject({ owner, createdAt: expect.any(Date) });
    if ("location" in options) expect(parseSessionId(sessionId)?.location).toBe(options.location);
  });

  it("never gives the same session twice, however many are asked for at once", async () => {
    const platform = await create();
    const made = Array.from({ length: 100 }, () => platform.createSession(sessionOptions({}), new Date()));
    expect(new Set(await Promise.all(made)).size).toBe(100);
  });
});

it.each(["opentok", "vonage"])("the platform %s passes a limit on, and is asked again", async (name) => {
  const fault = await startFaultServer(refuse(429, "Slow down", { "retry-after": "7" }));
  onTestFinished(() => fault.close());
  const credentials = name === "opentok" ? OPENTOK : vonage;
  const platform = platformOf({ ...credentials, OPENTOK_API_URL: fault.url, VONAGE_API_URL: fault.url });
  for (let n = 0; n < 10; n++) {
    await expect(platform.createSession(sessionOptions({}), new Date())).rejects.toMatchObject({
      extensions: { code: "RATE_LIMITED", retryAfterSeconds: 7 },
    });
  }
  expect(fault.received).toHaveLength(10);
});
