import { createPublicKey } from "node:crypto";
import pino from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { createProject } from "../../src/assembly/project.ts";
import { parseConfig } from "../../src/config/config.ts";
import { sessionOptions } from "../../src/domain/session.ts";
import type { Platform } from "../../src/platform/platform.ts";
import { API_KEY, API_SECRET, APPLICATION_ID, OPENTOK, PRIVATE_KEY } from "../support/credentials.ts";
import { fakeRooms } from "../support/fake-rooms.ts";
import { honest, refuse, startFaultServer } from "../support/fault-server.ts";
import { type Place, platformContract } from "./platform.contract.ts";

const PUBLIC_KEY = createPublicKey(PRIVATE_KEY).export({ type: "spki", format: "pem" }).toString();
const vonage = { VONAGE_APPLICATION_ID: APPLICATION_ID, VONAGE_PRIVATE_KEY: PRIVATE_KEY };

/** The platform as the server makes it. */
const platformOf = (env: Record<string, string>): Platform =>
  createProject(parseConfig(env), pino({ level: "silent" })).platform;

/** A platform over REST, on a strict server. */
async function onServer(
  environment: "opentok" | "vonage",
  owner: string,
  key: string,
  credentials: Record<string, string>,
): Promise<Place> {
  const rooms = fakeRooms(owner);
  const server = await startFaultServer(honest(environment, owner, key, rooms.call));
  onTestFinished(() => server.close());
  const url = { OPENTOK_API_URL: server.url, VONAGE_API_URL: server.url };
  return { platform: platformOf({ ...credentials, ...url }), join: rooms.join };
}

/** Every implementation of the port, as the server makes it. */
describe.each<[string, string, () => Promise<Place>]>([
  ["opentok", API_KEY, () => onServer("opentok", API_KEY, API_SECRET, OPENTOK)],
  ["vonage", APPLICATION_ID, () => onServer("vonage", APPLICATION_ID, PUBLIC_KEY, vonage)],
])("the platform %s", (_, owner, create) => platformContract(owner, create));

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
