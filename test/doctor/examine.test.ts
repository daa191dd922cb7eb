import { expect, it } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import { examine } from "../../src/doctor/examine.ts";
import { StartupError } from "../../src/errors.ts";
import { now } from "../support/doctor.ts";

const never = () => new Promise<never>(() => {});

it("tells of checks that fail or do not end, beside those that do", async () => {
  const checks = {
    hangs: never,
    fails: async () => {
      throw new Error("it broke");
    },
    stops: async () => {
      throw new StartupError(["PORT: 4000 is taken", "HOST: is wrong"]);
    },
    works: async () => [{ what: "works", ok: true, says: "well" }],
  };
  expect(await examine(parseConfig({}), now, checks, 50)).toEqual([
    { what: "hangs", ok: false, says: "the test did not end within 0.05 seconds" },
    { what: "fails", ok: false, says: "it broke" },
    { what: "PORT", ok: false, says: "4000 is taken" },
    { what: "HOST", ok: false, says: "is wrong" },
    { what: "works", ok: true, says: "well" },
  ]);
});
