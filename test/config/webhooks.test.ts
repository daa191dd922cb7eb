import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { changedForRestart, parseConfig } from "../../src/config/config.ts";
import { webhooksSwitched } from "../../src/config/webhooks.ts";
import { OPENTOK } from "../support/credentials.ts";

const WEBHOOK_SECRET = "canary-of-webhooks-canary-of-webhooks";
const URL = "http://app:3000/events?room=1";

const textOf = (key: { export(): Buffer } | undefined) => key?.export().toString();

describe("the secrets of webhooks", () => {
  it("are the current one, which signs, then the previous one, and are shown to nobody", () => {
    const { webhooks } = parseConfig({ WEBHOOK_SECRET, WEBHOOK_SECRET_PREVIOUS: "ä" });
    expect(textOf(webhooks.keys?.signing)).toBe(WEBHOOK_SECRET);
    expect(webhooks.keys?.verifying.map(textOf)).toEqual([WEBHOOK_SECRET, "ä"]);
    expect(JSON.stringify(webhooks) + inspect(webhooks, { depth: null, showHidden: true })).not.toContain(
      WEBHOOK_SECRET,
    );
  });

  it.each([
    [19, 1],
    [20, 0],
    [50, 0],
  ])("of %i characters cause %i warnings", (length, warnings) => {
    const { notes } = parseConfig({ WEBHOOK_SECRET: "q7Rk2".repeat(10).slice(0, length) });
    expect(notes.filter((note) => note.startsWith("WEBHOOK_SECRET: has fewer"))).toHaveLength(warnings);
  });

  it("apply on a reload, except that they cannot be added or removed", () => {
    const file = (values: Record<string, string>) => ({ values, problems: [] });
    const before = file({ WEBHOOK_SECRET: "a", WEBHOOK_SECRET_PREVIOUS: "b" });
    expect(changedForRestart(before, file({ WEBHOOK_SECRET_FILE: "c", LOCAL_WEBHOOK_URL: URL }))).toEqual([
      "LOCAL_WEBHOOK_URL",
    ]);
    const [none, some] = [{}, { WEBHOOK_SECRET }].map((env) => parseConfig(env).webhooks.keys);
    if (none === undefined || !some) throw new Error("two were parsed");
    expect(webhooksSwitched(some, some)).toBeNull();
    expect(webhooksSwitched(some, none)).toBe(
      "WEBHOOK_SECRET: cannot be removed while the server runs; restart it",
    );
    expect(webhooksSwitched(none, some)).toBe(
      "WEBHOOK_SECRET: cannot be added while the server runs; restart it",
    );
  });
});

describe("LOCAL_WEBHOOK_URL", () => {
  it("is a URL of any host", () => {
    expect(parseConfig({ WEBHOOK_SECRET, LOCAL_WEBHOOK_URL: URL }).webhooks.localUrl).toBe(URL);
  });

  it("is not used by another platform, and then needs no secret", () => {
    const { notes } = parseConfig({ ...OPENTOK, LOCAL_WEBHOOK_URL: URL });
    expect(notes).toContain("LOCAL_WEBHOOK_URL: is not used: the platform is opentok");
  });
});
