import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeJwt } from "jose";
import type { Page, Route } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { closeBrowser, inBrowserAtOnce, withConsole } from "../support/console.ts";
import {
  errorBelow,
  field,
  openForm,
  openSession,
  sessionOf,
  shownSession,
  startConsole,
} from "../support/console-pages.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ CONSOLE: "on" });
});
afterAll(async () => {
  await closeBrowser();
  await server.close();
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

const test = inBrowserAtOnce("the console");

test("an answer that comes late takes nobody away from where they have gone meanwhile", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    let arrive = () => {};
    const late = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    await answer(page, "CreateSession", (route) => late.then(() => route.continue()));
    await openForm(page);
    await page.getByRole("button", { name: "Create session" }).click();
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("link", { name: "Inspect", exact: true }).click();
    const created = page.waitForResponse(
      (response) => response.request().postDataJSON()?.operationName === "CreateSession",
    );
    arrive();
    await created;
    await page.waitForTimeout(300);
    expect(page.url()).toContain("/#/inspect");
  }));

test("an answer that comes late below a session that was created offers no retry, which would create another", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await answer(page, "CreateSession", (route) =>
      route.fulfill({
        json: {
          data: null,
          errors: [
            {
              message: "Too many tokens were asked for",
              path: ["createSession", "generateToken"],
              extensions: { code: "RATE_LIMITED", retryable: true, retryAfterSeconds: 30 },
            },
          ],
        },
      }),
    );
    await openForm(page);
    await field(page, "Add a token").selectOption("Publisher");
    await page.getByRole("button", { name: "Create session" }).click();
    await page.getByRole("alert").getByText("Too many tokens").waitFor();
    expect(await page.getByRole("button", { name: "Try again" }).count()).toBe(0);
  }));

test("a part of the console that does not load leaves the rest", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await page.route("**/assets/bars*", (route) => route.abort());
    await page.reload();
    await page.getByText("The chart could not be loaded").waitFor();
    await page.getByText("Show as a table").click();
    await openForm(page);
    await page.getByRole("button", { name: "Create session" }).click();
    await shownSession(page);
  }));

test("a connection that is lost is said with what was entered kept, and the same is tried again", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const sessionId = await openSession(page, server);
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
    expect((await sessionOf(server, sessionId)).issuedTokens.nodes).toHaveLength(1);
  }));

test("a connection that is lost leaves the lists as they were, and they go on by themselves", async (browser) => {
  const server = await startConsole();
  await withConsole(browser, server.origin, async (page) => {
    const list = page.getByRole("region", { name: "All sessions" });
    const first = await server.createSession();
    await list.getByText(first).waitFor();
    await page.context().setOffline(true);
    await list.getByRole("alert").waitFor();
    await list.getByText(first).waitFor();
    const second = await server.createSession();
    await page.context().setOffline(false);
    await list.getByText(second).waitFor();
    await expect.poll(() => list.getByRole("alert").count()).toBe(0);
  });
});

test("a connection that is lost while the console starts is tried again, too", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await page.route("**/graphql", (route) => route.abort());
    await page.reload();
    await page.getByText("The server does not answer").waitFor();
    await page.unroute("**/graphql");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("button", { name: "New session" }).waitFor();
  }));

for (const [name, status, contentType, body, said] of [
  [
    "the server's own words, whatever the status and the type",
    503,
    "application/json",
    '{"errors":[{"message":"The server is stopping","extensions":{"code":"SERVICE_UNAVAILABLE","retryable":true}}]}',
    "The server is stopping",
  ],
  ["a proxy's page", 502, "text/html", "<html></html>", "The server answered with status 502"],
  [
    "what a proxy calls errors",
    503,
    "application/json",
    '{"errors":[{"title":"away"}]}',
    "The server answered with status 503",
  ],
  ["what is no JSON", 200, "application/json", "<html></html>", "The server answered with status 200"],
  ["what is no answer", 200, "application/json", "{}", "The server answered with status 200"],
  ["no data", 200, "application/json", '{"data":null}', "The server sent an unreadable response."],
] as const) {
  test(`an answer is said to be one: ${name}`, (browser) =>
    withConsole(browser, server.origin, async (page) => {
      await page.route("**/graphql", (route) => route.fulfill({ status, contentType, body }));
      await page.reload();
      await page.getByRole("alert").getByText(said).waitFor();
      expect(await page.getByText("does not answer").count()).toBe(0);
      await page.unroute("**/graphql");
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByRole("button", { name: "New session" }).waitFor();
    }));
}

test("what is entered is still there after another page, until it is done", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const newSession = page.getByRole("button", { name: "New session" });
    await openForm(page);
    await field(page, "Media mode").selectOption("Routed");
    await field(page, "Location").fill("203.0.113.7");
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Inspect", exact: true }).click();
    await field(page, "Token").fill("eyJ");
    await page.getByRole("link", { name: "Stagepass" }).click();
    await newSession.click();
    // Rare options that have a value are not folded.
    await field(page, "Location").waitFor();
    expect(await field(page, "Location").inputValue()).toBe("203.0.113.7");
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("link", { name: "Inspect", exact: true }).click();
    expect(await field(page, "Token").inputValue()).toBe("eyJ");
    await page.getByRole("link", { name: "Sessions", exact: true }).click();
    await newSession.click();
    await page.getByRole("button", { name: "Create session" }).click();
    await shownSession(page);
    await page
      .getByRole("navigation", { name: "Breadcrumb" })
      .getByRole("link", { name: "Sessions" })
      .click();
    await newSession.click();
    expect(await field(page, "Location").inputValue()).toBe("");
  }));

test("what is entered as connection data is what is sent, also after many lines of it", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await openSession(page, server);
    await field(page, "Connection data").fill("username=ann\nusername=bob\n");
    await page.getByRole("button", { name: "Generate 2 tokens" }).click();
    await page.getByText("2 tokens were generated.").waitFor();
    await field(page, "Connection data").fill("username=ann\n");
    const shown = await field(page, "Connection data").inputValue();
    await page.getByRole("button", { name: "Generate a token" }).click();
    await page.getByText("One token was generated.").waitFor();
    const token = await page.getByRole("article").first().locator("code.token").textContent();
    expect(decodeJwt(token ?? "").connection_data).toBe(shown);
  }));

test("what is entered where a session's ID belongs does not get into the address when it is a token", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await field(page, "Find by name or ID").fill("eyJhbGciOiJIUzI1NiJ9");
    await page.getByRole("button", { name: "Open" }).click();
    expect(await errorBelow(field(page, "Find by name or ID"))).toContain("token");
    expect(page.url()).not.toContain("eyJ");
  }));

test("where only trusted documents are executed it works all the same", async (browser) => {
  const path = join(temporaryFolder(), "manifest.json");
  writeFileSync(path, JSON.stringify({ mine: "{ __typename }" }));
  const server = await startConsole({ TRUSTED_DOCUMENTS: "enforce", TRUSTED_DOCUMENTS_MANIFEST: path });
  await withConsole(browser, server.origin, async (page) => {
    await page.locator(".legend").waitFor();
    await openForm(page);
    await page.getByLabel("With a name").check();
    await field(page, "Name").fill("standup");
    await page.getByRole("button", { name: "Open or create session" }).click();
    await shownSession(page);
    await page.getByRole("button", { name: "Generate a token" }).click();
    await page.getByRole("article").waitFor();
    await field(page, "How many").fill("2");
    await page.getByRole("button", { name: "Generate 2 tokens" }).click();
    await page.getByRole("cell", { name: "Publisher" }).nth(2).waitFor();
    await page.getByRole("link", { name: "Inspect this token" }).first().click();
    await page.getByRole("button", { name: "Inspect", exact: true }).click();
    await page.getByText(/^Valid on the local platform only/).waitFor();
    await page.getByRole("link", { name: "Sessions", exact: true }).click();
    await field(page, "Find by name or ID").fill("standup");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("heading", { name: "standup" }).waitFor();
    await page.getByRole("link", { name: "Sessions", exact: true }).first().click();
    await openForm(page);
    await page.getByRole("button", { name: "Create session" }).click();
    await page.getByRole("heading", { name: "Session", exact: true }).waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });
});
