import { describe, expect, it } from "vitest";
import { problems } from "../support/problems.ts";
import { AUTHENTICATION } from "./wrong/authentication.ts";
import { CORS_ORIGINS } from "./wrong/cors-origins.ts";
import { DATABASE } from "./wrong/database.ts";
import { NAMES } from "./wrong/names.ts";
import { OTHERS } from "./wrong/others.ts";
import { PLATFORM } from "./wrong/platform.ts";
import { PRIVATE_KEYS } from "./wrong/private-keys.ts";
import { PROXIES } from "./wrong/proxies.ts";
import { VALUES } from "./wrong/values.ts";
import { WEBHOOKS } from "./wrong/webhooks.ts";
import type { Wrong } from "./wrong/wrong.ts";

const AREAS: Readonly<Record<string, readonly Wrong[]>> = {
  names: NAMES,
  values: VALUES,
  platforms: PLATFORM,
  "private keys": PRIVATE_KEYS,
  origins: CORS_ORIGINS,
  proxies: PROXIES,
  webhooks: WEBHOOKS,
  databases: DATABASE,
  others: OTHERS,
  authentication: AUTHENTICATION,
};

describe.each(Object.entries(AREAS))("of the wrong %s", (_, wrong) => {
  it.each(wrong.map((each) => [each.what, each] as const))(
    "%s is refused in a line that says so",
    (_, { env, says }) => {
      const said = problems(env).join("\n");
      if (typeof says === "string") expect(said).toBe(says);
      else expect(said).toMatch(says);
    },
  );
});
