import { expect, it } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import { lookAtWebhooks } from "../../src/doctor/webhooks.ts";
import { OPENTOK, PROJECT } from "../support/credentials.ts";

it("says that participants are unknown without a webhook secret, except on the local platform", async () => {
  const look = (env: Record<string, string>) => lookAtWebhooks(parseConfig(env));
  expect(await look(OPENTOK)).toEqual([
    {
      what: "WEBHOOK_SECRET",
      ok: null,
      says: expect.stringMatching(/^not set: .* set the signature secret of session monitoring$/),
    },
  ]);
  expect(await look({ ...OPENTOK, WEBHOOK_SECRET: "canary-of-webhooks-canary" })).toEqual([]);
  expect(await look(PROJECT)).toEqual([]);
});
