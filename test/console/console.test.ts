import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeJwt } from "jose";
import type { Locator, Page, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { grantFor } from "../../src/domain/grant.ts";
import { composeSessionId } from "../../src/domain/session-id.ts";
import { openTokKeyRing } from "../../src/signing/key-ring.ts";
import { signOpenTokJwt } from "../../src/signing/opentok-jwt.ts";
import { clipboard, closeBrowser, itInBrowser, withConsole } from "../support/console.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { startServer, type TestServer } from "../support/server.ts";

let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "stagepass-"));
  server = await startServer({ CONSOLE: "on", DATABASE_URL: `file:${join(folder, "stagepass.db")}` });
});
afterAll(async () => {
  await closeBrowser();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const session = async (sessionId: string) => {
  const { data } = await server.graphql(
    `query($sessionId: ID!) { session(sessionId: $sessionId) {
      name mediaMode archiveMode archiveName archiveResolution location e2ee
      issuedTokens(first: 100) { nodes { role } } } }`,
    { sessionId },
  );
  return data.session;
};

/** The ID of the session whose page is shown. */
async function shownSession(page: Page): Promise<string> {
  await page.waitForURL("**/#/sessions/*");
  return page.url().split("/sessions/")[1] ?? "";
}

const field = (page: Page, label: string): Locator => page.getByLabel(label, { exact: true });

/** What is said below a field. */
async function errorBelow(control: Locator): Promise<string> {
  await expect.poll(() => control.getAttribute("aria-invalid")).toBe("true");
  const ids = (await control.getAttribute("aria-describedby"))?.split(" ") ?? [];
  return (
    (await control
      .page()
      .locator(`[id="${ids.at(-1)}"]`)
      .textContent()) ?? ""
  );
}

describe("a session", () => {
  itInBrowser("is created with the defaults by one click, and is then in the list, which counts", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      const list = page.getByRole("region", { name: /All sessions/ });
      await list.getByRole("heading").waitFor();
      const before = Number(await list.locator(".count").textContent());
      await page.getByRole("button", { name: "Create the session" }).click();
      const sessionId = await shownSession(page);
      expect(await session(sessionId)).toMatchObject({ mediaMode: "RELAYED", archiveMode: "MANUAL" });
      await page.getByRole("link", { name: "All sessions" }).click();
      await expect.poll(() => list.locator(".count").textContent()).toBe(String(before + 1));
      await list.getByText(sessionId).click();
      await page.getByText("Relayed").waitFor();

      // Somebody else's, with no click here.
      await page.getByRole("link", { name: "All sessions" }).click();
      await server.createSession();
      await expect.poll(() => list.locator(".count").textContent()).toBe(String(before + 2));
    }),
  );

  itInBrowser("is created with every option", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      await field(page, "Media mode").selectOption("Routed");
      await field(page, "Archive mode").selectOption("Always");
      await field(page, "Archive name").fill("Monday");
      await field(page, "Archive resolution").selectOption("1920 × 1080");
      await field(page, "Location").fill("203.0.113.7");
      await page.getByRole("button", { name: "Create the session" }).click();
      expect(await session(await shownSession(page))).toMatchObject({
        mediaMode: "ROUTED",
        archiveMode: "ALWAYS",
        archiveName: "Monday",
        archiveResolution: "FHD_LANDSCAPE",
        location: "203.0.113.7",
        e2ee: false,
      });
      for (const value of ["Routed", "Always", "Monday", "1920 × 1080", "203.0.113.7"]) {
        await page.getByText(value, { exact: true }).waitFor();
      }
    }),
  );

  itInBrowser("says which option needs another while one fills the form, and is not created so", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      const { totalCount: before } = (await server.graphql("{ sessions { totalCount } }")).data.sessions;
      await field(page, "Archive name").fill("Monday");
      expect(await errorBelow(field(page, "Archive name"))).toContain("Always");
      await field(page, "Archive mode").selectOption("Always");
      expect(await errorBelow(field(page, "Archive mode"))).toContain("Routed");
      expect(await field(page, "Archive name").getAttribute("aria-invalid")).toBeNull();
      await page.getByRole("button", { name: "Create the session" }).click();
      await expect
        .poll(() => field(page, "Archive mode").evaluate((it) => it === document.activeElement))
        .toBe(true);
      await field(page, "Media mode").selectOption("Routed");
      await field(page, "End-to-end encryption").check();
      expect(await errorBelow(field(page, "End-to-end encryption"))).toContain("Manual");
      await page.getByRole("button", { name: "Create the session" }).click();
      expect((await server.graphql("{ sessions { totalCount } }")).data.sessions.totalCount).toBe(before);

      await field(page, "End-to-end encryption").uncheck();
      await page.getByRole("button", { name: "Create the session" }).click();
      expect(await session(await shownSession(page))).toMatchObject({ archiveName: "Monday" });
    }),
  );

  itInBrowser(
    "shows what the server refuses at the field, which has the focus, and keeps the rest",
    (browser) =>
      withConsole(browser, server.origin, async (page) => {
        await field(page, "Media mode").selectOption("Routed");
        await field(page, "Location").fill("here");
        await page.getByRole("button", { name: "Create the session" }).click();
        expect(await errorBelow(field(page, "Location"))).toMatch(/IPv4 address/);
        expect(await field(page, "Location").evaluate((it) => it === document.activeElement)).toBe(true);
        expect(await field(page, "Media mode").inputValue()).toBe("ROUTED");
        expect(await page.getByRole("alert").count()).toBe(0);
      }),
  );

  itInBrowser(
    "of a name is the same for all who ask, and differs from what is asked at the field",
    (browser) =>
      withConsole(browser, server.origin, async (page) => {
        const ensure = async (change?: () => Promise<unknown>) => {
          await page.getByRole("link", { name: "Sessions", exact: true }).click();
          await page.getByLabel("By name").check();
          await field(page, "Name").fill("standup");
          await change?.();
          await page.getByRole("button", { name: "Get the session" }).click();
        };
        await ensure();
        const first = await shownSession(page);
        await page.getByRole("heading", { name: "standup" }).waitFor();
        await ensure();
        expect(await shownSession(page)).toBe(first);
        await ensure(() => field(page, "Media mode").selectOption("Routed"));
        expect(await errorBelow(field(page, "Media mode"))).toContain(
          "RELAYED in the session that has this name",
        );
        await field(page, "Media mode").selectOption("Relayed");
        await field(page, "Replace when older than (seconds)").fill("0");
        await page.getByRole("button", { name: "Get the session" }).click();
        expect(await errorBelow(field(page, "Replace when older than (seconds)"))).toContain("maxAge");
        await field(page, "Name").fill("");
        await field(page, "Replace when older than (seconds)").fill("");
        await page.getByRole("button", { name: "Get the session" }).click();
        expect(await errorBelow(field(page, "Name"))).toContain("name");
      }),
  );

  itInBrowser("comes with a token in the same request", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      await field(page, "With a token as").selectOption("Moderator");
      await page.getByRole("button", { name: "Create the session" }).click();
      const sessionId = await shownSession(page);
      const tokens = page.getByRole("region", { name: /Your tokens/ });
      const token = await tokens.locator("code.token").first().textContent();
      expect(decodeJwt(token ?? "")).toMatchObject({ session_id: sessionId, role: "moderator" });
    }),
  );
});

/** Opens the page of a new session. */
async function openSession(page: Page): Promise<string> {
  const sessionId = await server.createSession();
  await page.goto(`/#/sessions/${sessionId}`);
  await page.getByRole("heading", { name: "Generate tokens" }).waitFor();
  return sessionId;
}

describe("a token", () => {
  itInBrowser("is generated with every option, copied, counted down, and on the ledger", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      const sessionId = await openSession(page);
      await field(page, "Role").selectOption("Subscriber");
      await field(page, "Connection data").fill("username=bob");
      await field(page, "Expires").selectOption("In 15 minutes");
      await field(page, "Layout classes").fill("focus full");
      await page.getByRole("button", { name: "Generate a token" }).click();
      const card = page.getByRole("article");
      await card.getByRole("button", { name: "Copy the token" }).click();
      await card.getByText("Copied").waitFor();
      const token = await clipboard(page);
      const claims = decodeJwt(token);
      expect(claims).toMatchObject({
        session_id: sessionId,
        role: "subscriber",
        connection_data: "username=bob",
        initial_layout_class_list: "focus full",
      });
      expect(Number(claims.exp) - Number(claims.iat)).toBeGreaterThan(14 * 60);
      expect(Number(claims.exp) - Number(claims.iat)).toBeLessThanOrEqual(15 * 60);

      const left = async () => (await card.locator("time").textContent()) ?? "";
      const seen = await left();
      expect(seen).toMatch(/^expires in 00:1[45]:\d\d$/);
      await expect.poll(left).not.toBe(seen);

      await card.getByText("Join with the client SDK").click();
      await card.getByRole("button", { name: "Copy the snippet" }).click();
      await expect.poll(() => clipboard(page)).toContain(`OT.initSession("${API_KEY}", "${sessionId}")`);
      const snippet = await clipboard(page);
      expect(snippet).toContain(`session.connect("${token}"`);
      expect(snippet).not.toContain("publish");

      const issued = page.getByRole("region", { name: /Issued for it/ });
      await issued.getByRole("cell", { name: "Subscriber" }).waitFor();
      expect(await issued.locator(".count").textContent()).toBe("1");
      expect((await session(sessionId)).issuedTokens.nodes).toEqual([{ role: "SUBSCRIBER" }]);
    }),
  );

  itInBrowser("has the legacy format where one asks for it", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      await openSession(page);
      await field(page, "Format").selectOption("T1, the legacy format");
      await page.getByRole("button", { name: "Generate a token" }).click();
      await page.getByRole("article").getByText(/^T1==/).waitFor();
    }),
  );

  itInBrowser("that may not be so is refused at the field, and nothing entered is lost", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      const sessionId = await openSession(page);
      await field(page, "Connection data").fill("x".repeat(1001));
      await field(page, "Expires").selectOption("At a time…");
      await page.getByRole("button", { name: "Generate a token" }).click();
      expect(await errorBelow(field(page, "Expires"))).toBe("Say when.");
      await field(page, "Expires at").fill("2020-01-01T00:00:00");
      await page.getByRole("button", { name: "Generate a token" }).click();
      expect(await errorBelow(field(page, "Connection data"))).toContain("1000 characters");
      await field(page, "Connection data").fill("username=bob");
      await page.getByRole("button", { name: "Generate a token" }).click();
      expect(await errorBelow(field(page, "Expires"))).toContain("later than now");
      expect(await field(page, "Connection data").inputValue()).toBe("username=bob");
      expect((await session(sessionId)).issuedTokens.nodes).toEqual([]);
    }),
  );

  itInBrowser("is one of many, each with its own data, and all are copied at once", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      const sessionId = await openSession(page);
      await field(page, "How many").fill("12");
      await field(page, "Connection data").fill("username=ann\nusername=bob");
      await page.getByRole("button", { name: "Generate 12 tokens" }).click();
      await page.getByText("12 tokens were generated.").waitFor();
      expect(await page.getByRole("article").count()).toBe(10);
      await page.getByRole("button", { name: "Show all 12" }).click();
      expect(await page.getByRole("article").count()).toBe(12);
      await page.getByRole("button", { name: "Copy all 12" }).click();
      await expect.poll(async () => (await clipboard(page)).split("\n").length).toBe(12);
      const claims = (await clipboard(page)).split("\n").map((token) => decodeJwt(token));
      expect(claims.map((each) => each.session_id)).toEqual(Array(12).fill(sessionId));
      expect(claims.slice(0, 3).map((each) => each.connection_data)).toEqual([
        "username=ann",
        "username=bob",
        undefined,
      ]);
      expect((await session(sessionId)).issuedTokens.nodes).toHaveLength(12);
      const issued = page.getByRole("region", { name: /Issued for it/ });
      await issued.getByRole("button", { name: "Older" }).click();
      await expect.poll(() => issued.getByRole("row").count()).toBe(3);
      await issued.getByRole("button", { name: "Newer" }).click();
      await expect.poll(() => issued.getByRole("row").count()).toBe(11);
    }),
  );

  itInBrowser("of many is refused by itself, and the page says which", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      const sessionId = await openSession(page);
      await field(page, "How many").fill("3");
      await field(page, "Connection data").fill(`username=ann\n${"x".repeat(1001)}`);
      await page.getByRole("button", { name: "Generate 3 tokens" }).click();
      await page.getByText("2 tokens were generated.").waitFor();
      expect(await page.getByRole("alert").textContent()).toMatch(/Number 2: data .*1000 characters/);
      expect((await session(sessionId)).issuedTokens.nodes).toHaveLength(2);
      await field(page, "How many").fill("1001");
      await page.getByRole("button", { name: "Generate 1001 tokens" }).click();
      expect(await errorBelow(field(page, "How many"))).toContain("1000");
    }),
  );

  itInBrowser("is counted in the chart's numbers, by role", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      const counts = async () => (await page.locator(".legend li").allTextContents()).join();
      await expect.poll(counts).toMatch(/Publisher only \d+/);
      const [, before] = /Publisher only (\d+)/.exec(await counts()) ?? [];
      const sessionId = await server.createSession();
      await server.graphql(
        "mutation($id: ID!) { generateToken(sessionId: $id, role: PUBLISHER_ONLY) { token } }",
        { id: sessionId },
      );
      await page.getByLabel("Period", { exact: true }).selectOption("Last 60 minutes");
      await expect.poll(counts).toContain(`Publisher only ${Number(before) + 1}`);
      await page.getByText("As a table").click();
      expect(await page.getByRole("columnheader", { name: "Publisher only" }).count()).toBe(1);
      expect(await page.locator(".chart canvas").count()).toBe(1);
    }),
  );
});

describe("what is entered", () => {
  itInBrowser("is still there after another page, until it is done", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      await field(page, "Media mode").selectOption("Routed");
      await field(page, "Location").fill("203.0.113.7");
      await page.getByRole("link", { name: "Inspect a token" }).click();
      await field(page, "Token").fill("eyJ");
      await page.getByRole("link", { name: "Sessions", exact: true }).click();
      expect(await field(page, "Location").inputValue()).toBe("203.0.113.7");
      await page.getByRole("link", { name: "Inspect a token" }).click();
      expect(await field(page, "Token").inputValue()).toBe("eyJ");
      await page.getByRole("link", { name: "Sessions", exact: true }).click();
      await page.getByRole("button", { name: "Create the session" }).click();
      await shownSession(page);
      await page.getByRole("link", { name: "All sessions" }).click();
      expect(await field(page, "Location").inputValue()).toBe("");
    }),
  );

  itInBrowser("as connection data is what is sent, whatever the number of tokens was before", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      await openSession(page);
      await field(page, "How many").fill("2");
      await field(page, "Connection data").fill("username=ann\nusername=bob\n");
      await page.getByRole("button", { name: "Generate 2 tokens" }).click();
      await page.getByText("2 tokens were generated.").waitFor();
      await field(page, "How many").fill("1");
      const shown = await field(page, "Connection data").inputValue();
      await page.getByRole("button", { name: "Generate a token" }).click();
      await page.getByText("One token was generated.").waitFor();
      const token = await page.getByRole("article").first().locator("code.token").textContent();
      expect(decodeJwt(token ?? "").connection_data).toBe(shown);
    }),
  );

  itInBrowser("where a session's ID belongs does not get into the address when it is a token", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      await field(page, "Session ID").fill("eyJhbGciOiJIUzI1NiJ9");
      await page.getByRole("button", { name: "Open" }).click();
      expect(await errorBelow(field(page, "Session ID"))).toContain("token");
      expect(page.url()).not.toContain("eyJ");
    }),
  );
});

/** Answers one operation in another way than the server would. */
async function answer(
  page: Page,
  operationName: string,
  act: (route: Route) => Promise<unknown>,
): Promise<void> {
  await page.route("**/graphql", (route) =>
    route.request().postDataJSON().operationName === operationName ? act(route) : route.continue(),
  );
}

describe("an answer that comes late", () => {
  itInBrowser("takes nobody away from where they have gone meanwhile", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      let arrive = () => {};
      const late = new Promise<void>((resolve) => {
        arrive = resolve;
      });
      await answer(page, "CreateSession", (route) => late.then(() => route.continue()));
      await page.getByRole("button", { name: "Create the session" }).click();
      await page.getByRole("link", { name: "Inspect a token" }).click();
      const created = page.waitForResponse(
        (response) => response.request().postDataJSON()?.operationName === "CreateSession",
      );
      arrive();
      await created;
      await page.waitForTimeout(300);
      expect(page.url()).toContain("/#/inspect");
    }),
  );

  itInBrowser("below a session that was created offers no retry, which would create another", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      await answer(page, "CreateSession", (route) =>
        route.fulfill({
          json: {
            data: null,
            errors: [
              {
                message: "Too many tokens were asked for",
                path: ["createSession", "generateToken"],
                extensions: { code: "RATE_LIMITED" },
              },
            ],
          },
        }),
      );
      await field(page, "With a token as").selectOption("Publisher");
      await page.getByRole("button", { name: "Create the session" }).click();
      await page.getByRole("alert").getByText("Too many tokens").waitFor();
      expect(await page.getByRole("button", { name: "Try again" }).count()).toBe(0);
    }),
  );
});

describe("a part of the console that does not load", () => {
  itInBrowser("leaves the rest", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      await page.route("**/assets/bars*", (route) => route.abort());
      await page.reload();
      await page.getByText("The chart could not be loaded").waitFor();
      await page.getByText("As a table").click();
      await page.getByRole("button", { name: "Create the session" }).click();
      await shownSession(page);
    }),
  );
});

describe("the inspection of a token", () => {
  const keyRing = openTokKeyRing(API_KEY, API_SECRET);
  const created = (owner: string) =>
    composeSessionId({ owner, location: null, createdAt: new Date(), random: "r".padEnd(24, "0") });
  const signed = async (sessionId: string, ring = keyRing, at = new Date()) =>
    signOpenTokJwt(grantFor(sessionId, { role: null, data: "username=bob" }, at), "an-id", ring);

  const inspect = async (page: Page, token: string) => {
    await page.getByRole("link", { name: "Inspect a token" }).click();
    await field(page, "Token").fill(token);
    await page.getByRole("button", { name: "Inspect", exact: true }).click();
    const verdict = page.getByRole("region", { name: "What it grants" });
    await verdict.locator(".notice").waitFor();
    return verdict;
  };

  itInBrowser("shows what a valid one grants, and none of it in the address", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      const sessionId = created(API_KEY);
      const token = await signed(sessionId);
      const verdict = await inspect(page, token);
      const text = await verdict.textContent();
      for (const part of ["Valid", "Publisher", "username=bob", sessionId, "JSON Web Token"]) {
        expect(text).toContain(part);
      }
      expect(page.url()).not.toContain(token);
      expect(
        await page.evaluate(() =>
          JSON.stringify([history.state, { ...localStorage }, { ...sessionStorage }]),
        ),
      ).not.toContain(token);
    }),
  );

  itInBrowser("says that one is expired, forged, of another project, or none at all", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      const old = await signed(created(API_KEY), keyRing, new Date(Date.now() - 2 * 86_400_000));
      expect(await (await inspect(page, old)).textContent()).toMatch(/Genuine, and expired.*username=bob/);
      const forged = await signed(created(API_KEY), openTokKeyRing(API_KEY, "another".padEnd(40, "0")));
      expect(await (await inspect(page, forged)).textContent()).toMatch(/Not valid: it was not signed with/);
      const foreign = await signed(created("87654321"), openTokKeyRing("87654321", API_SECRET));
      expect(await (await inspect(page, foreign)).textContent()).toMatch(/Not valid: .*project/);
      expect(await (await inspect(page, "hello")).textContent()).toMatch(/Not valid/);
      // Nothing is said of what was not inspected.
      await field(page, "Token").fill("hello?");
      await page.getByText("What it grants is shown here").waitFor();
      expect(await page.getByText("Not valid").count()).toBe(0);
    }),
  );

  itInBrowser("says so when the token expires meanwhile", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      const { data } = await server.graphql(
        "mutation($id: ID!, $end: Int) { generateToken(sessionId: $id, expireTime: $end) { token } }",
        { id: await server.createSession(), end: Math.floor(Date.now() / 1000) + 5 },
      );
      const verdict = await inspect(page, data.generateToken.token);
      expect(await verdict.locator(".notice").textContent()).toContain("Valid");
      await expect.poll(() => verdict.locator(".notice").textContent()).toContain("Genuine, and expired");
    }),
  );

  itInBrowser("is at hand for a token just generated", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      await openSession(page);
      await page.getByRole("button", { name: "Generate a token" }).click();
      await page.getByRole("link", { name: "Inspect it" }).click();
      await page.getByRole("button", { name: "Inspect", exact: true }).click();
      await page.getByText("Valid: a client can connect with it now").waitFor();
    }),
  );
});

describe("a connection that is lost", () => {
  itInBrowser("is said with what was entered kept, and the same is tried again", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      const sessionId = await openSession(page);
      await field(page, "Connection data").fill("username=bob");
      await page.context().setOffline(true);
      await page.getByRole("button", { name: "Generate a token" }).click();
      const form = page.getByRole("form", { name: "Generate tokens" });
      await form.getByRole("alert").getByText("does not answer").waitFor();
      expect(await field(page, "Connection data").inputValue()).toBe("username=bob");
      await page.context().setOffline(false);
      await form.getByRole("button", { name: "Try again" }).click();
      await page.getByText("One token was generated.").waitFor();
      expect(await form.getByRole("alert").count()).toBe(0);
      expect((await session(sessionId)).issuedTokens.nodes).toHaveLength(1);
    }),
  );

  itInBrowser("leaves the lists as they were, and they go on by themselves", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      const list = page.getByRole("region", { name: /All sessions/ });
      await list.locator(".count").waitFor();
      const before = Number(await list.locator(".count").textContent());
      await page.context().setOffline(true);
      await list.getByRole("alert").waitFor();
      expect(Number(await list.locator(".count").textContent())).toBe(before);
      await server.createSession();
      await page.context().setOffline(false);
      await expect.poll(() => list.locator(".count").textContent()).toBe(String(before + 1));
      await expect.poll(() => list.getByRole("alert").count()).toBe(0);
    }),
  );

  itInBrowser("while the console starts is tried again, too", (browser) =>
    withConsole(browser, server.origin, async (page) => {
      await page.route("**/graphql", (route) => route.abort());
      await page.reload();
      await page.getByText("The server does not answer").waitFor();
      await page.unroute("**/graphql");
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByRole("heading", { name: "New session" }).waitFor();
    }),
  );
});

describe("where only trusted documents are executed", () => {
  itInBrowser("the console works all the same", async (browser) => {
    const path = join(folder, "manifest.json");
    writeFileSync(path, JSON.stringify({ mine: "{ __typename }" }));
    const env = { CONSOLE: "on", TRUSTED_DOCUMENTS: "enforce", TRUSTED_DOCUMENTS_MANIFEST: path };
    const enforcing = await startServer(env);
    try {
      await withConsole(browser, enforcing.origin, async (page) => {
        await page.locator(".legend").waitFor();
        await page.getByLabel("By name").check();
        await field(page, "Name").fill("standup");
        await page.getByRole("button", { name: "Get the session" }).click();
        await shownSession(page);
        await page.getByRole("button", { name: "Generate a token" }).click();
        await page.getByRole("article").waitFor();
        await field(page, "How many").fill("2");
        await page.getByRole("button", { name: "Generate 2 tokens" }).click();
        await page.getByRole("cell", { name: "Publisher" }).nth(2).waitFor();
        await page.getByRole("link", { name: "Inspect it" }).first().click();
        await page.getByRole("button", { name: "Inspect", exact: true }).click();
        await page.getByText("Valid: a client can connect with it now").waitFor();
        await page.getByRole("link", { name: "Sessions", exact: true }).click();
        await page.getByRole("button", { name: "Create the session" }).click();
        await shownSession(page);
        expect(await page.getByRole("alert").count()).toBe(0);
      });
    } finally {
      await enforcing.close();
    }
  });
});
