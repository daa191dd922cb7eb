import { createPublicKey } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { sessionOptions } from "../../src/domain/session.ts";
import { API_KEY, API_SECRET, APPLICATION_ID, PRIVATE_KEY } from "../support/credentials.ts";
import { fakeRooms } from "../support/fake-rooms.ts";
import { honest, refuse, startFaultServer } from "../support/fault-server.ts";
import { type Environment, platformOf } from "../support/platform-of.ts";
import { type Place, platformContract } from "./platform.contract.ts";

const PUBLIC_KEY = createPublicKey(PRIVATE_KEY).export({ type: "spki", format: "pem" }).toString();

/** A platform over REST, on a strict server. */
async function onServer(environment: Environment, owner: string, key: string): Promise<Place> {
  const rooms = fakeRooms(owner);
  const server = await startFaultServer(honest(environment, owner, key, rooms.call));
  onTestFinished(() => server.close());
  return { platform: platformOf(environment, server.url), join: rooms.join };
}

/** Every implementation of the port, as the server makes it. */
describe.each<[string, string, () => Promise<Place>]>([
  ["opentok", API_KEY, () => onServer("opentok", API_KEY, API_SECRET)],
  ["vonage", APPLICATION_ID, () => onServer("vonage", APPLICATION_ID, PUBLIC_KEY)],
])("the platform %s", (_, owner, create) => platformContract(owner, create));

it.each<Environment>(["opentok", "vonage"])(
  "the platform %s passes a limit on, and is asked again",
  async (environment) => {
    const fault = await startFaultServer(refuse(429, "Slow down", { "retry-after": "7" }));
    onTestFinished(() => fault.close());
    const platform = platformOf(environment, fault.url);
    for (let n = 0; n < 10; n++) {
      await expect(platform.createSession(sessionOptions({}), new Date())).rejects.toMatchObject({
        extensions: { code: "RATE_LIMITED", retryAfterSeconds: 7 },
      });
    }
    expect(fault.received).toHaveLength(10);
  },
);
