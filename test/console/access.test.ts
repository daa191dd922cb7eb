import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { SCOPES } from "../../src/access/scope.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { closeBrowser, inBrowserAtOnce, signIn, withConsole } from "../support/console.ts";
import { startServer, type TestServer } from "../support/server.ts";

const ENVIRONMENT = { CONSOLE: "on", AUTH_JWT_SECRET: JWT_SECRET, NODE_ENV: "production" };
let server: TestServer;
beforeAll(async () => {
  server = await startServer(ENVIRONMENT);
});
afterAll(async () => {
  await closeBrowser();
  await server.close();
});

const everything = signedJwt(EVERYTHING);
const ROLES = EVERYTHING.video_grant.roles;

/** Expects to find these on the first page, and on the page of a session, and no others, however long one waits. */
async function expectOffers(page: Page, sessionId: string, expected: typeof NOTHING): Promise<void> {
  const headings = (name: string | RegExp) => page.getByRole("heading", { name }).count();
  const onFirstPage = async () => ({
    create: await page.getByRole("button", { name: "New session" }).count(),
    list: await page.getByRole("region", { name: "All sessions" }).locator(".list, .empty").first().count(),
    chart: await headings("Tokens issued"),
    inspect: await page.getByRole("link", { name: "Inspect", exact: true }).count(),
  });
  const ofSession = async () => ({
    generate: await headings("Generate tokens"),
    ledger: await headings(/Issued tokens/),
    participants: await headings(/Participants/),
  });
  const { ensure, generate, ledger, participants, ...first } = expected;
  await expectToStay(page, onFirstPage, first);
  if (expected.create > 0) {
    await page.getByRole("button", { name: "New session" }).click();
    expect(await page.getByLabel("With a name").count()).toBe(ensure);
    await page.getByRole("button", { name: "Close" }).click();
  }
  await page.goto(`/#/sessions/${sessionId}`);
  await page.getByRole("heading", { name: "Session", exact: true }).waitFor();
  await expectToStay(page, ofSession, { generate, ledger, participants });
}

async function expectToStay<T>(page: Page, look: () => Promise<T>, expected: T): Promise<void> {
  await expect.poll(look).toEqual(expected);
  await page.waitForTimeout(300);
  expect(await look()).toEqual(expected);
}

const NOTHING = {
  create: 0,
  ensure: 0,
  list: 0,
  chart: 0,
  inspect: 0,
  generate: 0,
  ledger: 0,
  participants: 0,
};
const sessions = ["*"];

const offersNothing = inBrowserAtOnce("what a caller may not do is not offered");

for (const [name, claims, expected] of [
  ["do nothing", {}, {}],
  ["create sessions, of no name", { scope: "sessions:create" }, { create: 1 }],
  [
    "create sessions, of some names",
    { scope: "sessions:create", video_grant: { names: ["room-*"] } },
    { create: 1, ensure: 1 },
  ],
  ["read sessions", { scope: "sessions:read", video_grant: { sessions } }, { list: 1 }],
  [
    "read sessions and their participants",
    { scope: "sessions:read participants:read", video_grant: { sessions } },
    { list: 1, participants: 1 },
  ],
  ["inspect tokens", { scope: "tokens:inspect" }, { inspect: 1 }],
  ["create tokens, of no role", { scope: "tokens:create", video_grant: { sessions } }, {}],
  [
    "create tokens",
    { scope: "tokens:create", video_grant: { sessions, roles: ["PUBLISHER"] } },
    { generate: 1 },
  ],
  ["read the ledger, and no sessions", { scope: "ledger:read" }, { chart: 1 }],
  [
    "do everything",
    { scope: SCOPES.join(" "), video_grant: { sessions, roles: ROLES } },
    { create: 1, ensure: 1, list: 1, chart: 1, inspect: 1, generate: 1, ledger: 1, participants: 1 },
  ],
] as const) {
  offersNothing(`to one who may ${name}`, async (browser) => {
    const { data } = await server.graphql("mutation { createSession { id } }", {}, everything);
    await withConsole(browser, server.origin, async (page) => {
      await signIn(page, signedJwt({ sub: "somebody", ...claims }));
      await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();
      await expectOffers(page, data.createSession.id, { ...NOTHING, ...expected });
    });
  });
}

offersNothing(
  "nor are roles and lifetimes that it may not grant, and what it then gets is within them",
  async (browser) => {
    const { data } = await server.graphql("mutation { createSession { id } }", {}, everything);
    await withConsole(browser, server.origin, async (page) => {
      const video_grant = { sessions, roles: ["SUBSCRIBER", "PUBLISHER_ONLY"], maxLifetime: 3600 };
      await signIn(page, signedJwt({ sub: "bound", scope: "tokens:create", video_grant }));
      await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();
      await page.goto(`/#/sessions/${data.createSession.id}`);
      const options = (label: string) =>
        page.getByLabel(label, { exact: true }).locator("option").allTextContents();
      await page.getByLabel("Role", { exact: true }).waitFor();
      expect(await options("Role")).toEqual(["Subscriber", "Publisher only"]);
      expect(await options("Expires")).toEqual(["Default", "In 15 minutes", "In 1 hour", "At a time…"]);
      await page.getByLabel("Expires", { exact: true }).selectOption("At a time…");
      await page.getByLabel("Expires at").fill("2037-01-01T00:00:00");
      await page.getByRole("button", { name: "Generate a token" }).click();
      await page.getByText(/^Choose an earlier time: your tokens expire by /).waitFor();
    });
  },
);

offersNothing("and what the server alone knows to be refused is said", async (browser) => {
  await withConsole(browser, server.origin, async (page) => {
    const video_grant = { sessions: ["1_none"], roles: ["PUBLISHER"] };
    await signIn(page, signedJwt({ sub: "bound", scope: "tokens:create", video_grant }));
    await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();
    const { data } = await server.graphql("mutation { createSession { id } }", {}, everything);
    await page.goto(`/#/sessions/${data.createSession.id}`);
    await page.getByRole("button", { name: "Generate a token" }).click();
    await page.getByRole("alert").getByText("the caller may not use this session").waitFor();
  });
});

/** Signs in, and goes to the page of a session. */
async function signInAt(page: Page, credential: string, sessionId: string): Promise<void> {
  await signIn(page, credential);
  await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();
  await page.goto(`/#/sessions/${sessionId}`);
  await page.getByRole("button", { name: "Generate a token" }).waitFor();
}

/** A server whose clock can go ahead. */
async function startWithClock() {
  let ahead = 0;
  const own = await startServer(ENVIRONMENT, () => new Date(Date.now() + ahead));
  onTestFinished(() => own.close());
  return {
    server: own,
    passTwoHours: () => {
      ahead = 2 * 3_600_000;
    },
    /** In an hour by its clock, in seconds since the Unix epoch. */
    inAnHour: () => Math.floor((Date.now() + ahead) / 1000) + 3600,
  };
}

const signsIn = inBrowserAtOnce("the sign-in");

signsIn("takes no credential that the server does not, says why, and lets one try again", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await signIn(page, `${everything}x`);
    await expect.poll(() => page.locator(".error").textContent()).toMatch(/signature|JWT/i);
    expect(await page.getByRole("heading", { name: "Sessions", exact: true }).count()).toBe(0);
    await signIn(page, everything);
    await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();
    await page.getByText("everything", { exact: true }).waitFor();
  }),
);

signsIn("is in memory only, and gone with the page, unless one asks for more", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await signIn(page, everything);
    await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();
    const stored = await page.evaluate(async () =>
      JSON.stringify([
        { ...localStorage },
        { ...sessionStorage },
        document.cookie,
        history.state,
        location.href,
        await indexedDB.databases(),
        await caches.keys(),
      ]),
    );
    expect(stored).not.toContain(everything.slice(-20));
    await page.reload();
    await page.getByLabel("Bearer token or API key").waitFor();
    expect(await page.title()).toBe("Sign in · Stagepass");
  }),
);

/** What the tab keeps. */
const kept = (page: Page) => page.evaluate(() => Object.values(sessionStorage));

signsIn("stays in this tab where one asks for it, until one signs out", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await page.getByLabel("Stay signed in in this tab").check();
    await signIn(page, everything);
    await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();
    await page.reload();
    await page.getByText("everything", { exact: true }).waitFor();
    const other = await page.context().newPage();
    await other.goto("./");
    await other.getByLabel("Bearer token or API key").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Bearer token or API key").waitFor();
    expect(await kept(page)).toEqual([]);
    await page.reload();
    await page.getByLabel("Bearer token or API key").waitFor();
  }),
);

signsIn("stays out of the tab of a guest, which a browser gives a copy of the storage", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const { data } = await server.graphql("mutation { createSession { id } }", {}, everything);
    await page.getByLabel("Stay signed in in this tab").check();
    await signIn(page, everything);
    await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();
    await page.goto(`./#/sessions/${data.createSession.id}`);
    await page.getByRole("button", { name: "Join as a guest…" }).click();
    const join = page.getByRole("dialog").getByRole("button", { name: "Join", exact: true });
    const [tab] = await Promise.all([page.waitForEvent("popup"), join.click()]);
    await tab.getByText("You are in the session.").waitFor();
    expect(await kept(tab)).toEqual([]);
    expect(await kept(page)).toEqual([everything]);
    await tab.goto("./#/");
    await tab.reload();
    await tab.getByLabel("Bearer token or API key").waitFor();
  }),
);

signsIn("is no longer kept when it is refused, on the page and after a reload", async (browser) => {
  const { server, inAnHour, passTwoHours } = await startWithClock();
  await withConsole(browser, server.origin, async (page) => {
    await page.getByLabel("Stay signed in in this tab").check();
    await signIn(page, signedJwt({ ...EVERYTHING, exp: inAnHour() }));
    await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();
    passTwoHours();
    await page.reload();
    await page.getByLabel("Bearer token or API key").waitFor();
    await expect.poll(() => kept(page)).toEqual([]);
    await page.getByLabel("Stay signed in in this tab").check();
    await signIn(page, signedJwt({ ...EVERYTHING, exp: inAnHour() }));
    await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();
    expect(await kept(page)).toHaveLength(1);
    await page.route("**/graphql", (route) =>
      route.fulfill({
        status: 401,
        json: { errors: [{ message: "the JWT has expired", extensions: { code: "UNAUTHENTICATED" } }] },
      }),
    );
    await page.getByRole("dialog").getByText("The JWT has expired. If").waitFor();
    expect(await kept(page)).toEqual([]);
  });
});

signsIn(
  "that expires is asked for again in front of the form, which keeps what was entered",
  async (browser) => {
    const { server, inAnHour, passTwoHours } = await startWithClock();
    const { data } = await server.graphql("mutation { createSession { id } }", {}, everything);
    // Reads nothing, so that no poll is refused before the click.
    const claims = { ...EVERYTHING, scope: "tokens:create" };
    await withConsole(browser, server.origin, async (page) => {
      await signInAt(page, signedJwt(claims), data.createSession.id);
      await page.getByLabel("Connection data").fill("username=bob");
      await page.getByRole("button", { name: "Generate a token" }).click();
      await page.getByRole("article").waitFor();
      passTwoHours();
      await page.getByRole("button", { name: "Generate a token" }).click();
      const dialog = page.getByRole("dialog", { name: "Sign in again" });
      await dialog.getByText(/expired/).waitFor();
      for (let times = 0; times < 3; times++) await page.keyboard.press("Escape");
      await dialog.waitFor();
      await signIn(page, signedJwt({ ...claims, exp: inAnHour() }));
      await dialog.waitFor({ state: "detached" });
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Generate a token");
      expect(await page.getByLabel("Connection data").inputValue()).toBe("username=bob");
      expect(await page.getByRole("article").count()).toBe(1);
      await page.getByRole("button", { name: "Generate a token" }).click();
      await expect.poll(() => page.getByRole("article").count()).toBe(2);
    });
  },
);

signsIn("again stands, though something fails that is then asked for anew", async (browser) => {
  const { server, inAnHour, passTwoHours } = await startWithClock();
  const { data } = await server.graphql("mutation { createSession { id } }", {}, everything);
  await withConsole(browser, server.origin, async (page) => {
    await signInAt(page, everything, data.createSession.id);
    passTwoHours();
    await page.getByRole("dialog").waitFor();
    await page.route("**/graphql", (route) =>
      route.request().postDataJSON().operationName === "IssuedTokens"
        ? route.fulfill({ status: 500, body: "" })
        : route.continue(),
    );
    await signIn(page, signedJwt({ ...EVERYTHING, exp: inAnHour() }));
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByText("The server answered with status 500 ").waitFor();
    await page.getByRole("button", { name: "Generate a token" }).click();
    await page.getByRole("article").waitFor();
    expect(await page.getByRole("dialog").count()).toBe(0);
  });
});

signsIn("takes a credential as it is often pasted, and says what none can have", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await page.getByLabel("Bearer token or API key").fill(`${everything}…`);
    await page.getByText("This contains characters that a credential cannot have.").waitFor();
    await signIn(page, `  Bearer ${everything} `);
    await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();
  }),
);

signsIn("of somebody without a subject finds nothing of another such", async (browser) => {
  const { server, inAnHour, passTwoHours } = await startWithClock();
  const { data } = await server.graphql("mutation { createSession { id } }", {}, everything);
  const nobody = (more: object) => {
    const { sub: _, ...claims } = EVERYTHING;
    return signedJwt({ ...claims, ...more });
  };
  await withConsole(browser, server.origin, async (page) => {
    await signInAt(page, nobody({}), data.createSession.id);
    await page.getByRole("button", { name: "Generate a token" }).click();
    await page.getByRole("article").waitFor();
    passTwoHours();
    await page.getByRole("dialog").waitFor();
    await signIn(page, nobody({ exp: inAnHour() }));
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await page.getByRole("article").count()).toBe(0);
  });
});

signsIn("of somebody else, after one that expired, finds nothing of what was there", async (browser) => {
  const { server, inAnHour, passTwoHours } = await startWithClock();
  const { data } = await server.graphql("mutation { createSession { id } }", {}, everything);
  await withConsole(browser, server.origin, async (page) => {
    await signInAt(page, everything, data.createSession.id);
    await page.getByRole("button", { name: "Generate a token" }).click();
    await page.getByRole("article").waitFor();
    passTwoHours();
    await page.getByRole("dialog").waitFor();
    await signIn(page, signedJwt({ sub: "another", scope: "sessions:read", exp: inAnHour() }));
    await page.getByText("another", { exact: true }).waitFor();
    expect(await page.getByRole("article").count()).toBe(0);
    await page.getByText("You may not see this session").waitFor();
  });
});

signsIn("ends with the sign-out, which forgets everything", async (browser) => {
  const { data } = await server.graphql("mutation { createSession { id } }", {}, everything);
  await withConsole(browser, server.origin, async (page) => {
    await signInAt(page, everything, data.createSession.id);
    await page.getByRole("button", { name: "Generate a token" }).click();
    const token = await page.getByRole("article").locator("code.token").textContent();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Bearer token or API key").waitFor();
    expect(await page.content()).not.toContain(token);
    await signIn(page, everything);
    await page.getByRole("heading", { name: "Generate tokens" }).waitFor();
    expect(await page.getByRole("article").count()).toBe(0);
  });
});
