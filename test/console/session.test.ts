import { decodeJwt } from "jose";
import { afterAll, expect } from "vitest";
import { closeBrowser, inBrowserAtOnce, withConsole } from "../support/console.ts";
import {
  errorBelow,
  field,
  openForm,
  sessionOf,
  shownSession,
  startConsole,
} from "../support/console-pages.ts";
import { startServer } from "../support/server.ts";

const server = await startServer({ CONSOLE: "on" });
afterAll(async () => {
  await closeBrowser();
  await server.close();
});

const test = inBrowserAtOnce("a session");

test("is created with the defaults by one click, and is then in the list, which follows", async (browser) => {
  const server = await startConsole();
  await withConsole(browser, server.origin, async (page) => {
    const list = page.getByRole("region", { name: "All sessions" });
    await list.getByText("No sessions yet.").waitFor();
    await openForm(page);
    await page.getByRole("button", { name: "Create session" }).click();
    const sessionId = await shownSession(page);
    expect(await sessionOf(server, sessionId)).toMatchObject({ mediaMode: "RELAYED", archiveMode: "MANUAL" });
    await page.getByRole("link", { name: "Stagepass" }).click();
    await list.getByText(sessionId).click();
    await page.getByText("Relayed").waitFor();

    // Somebody else's, with no click here.
    await page.getByRole("link", { name: "Stagepass" }).click();
    await list.getByText(await server.createSession()).waitFor();
  });
});

test("is shown although its token is refused, and why", async (browser) => {
  const server = await startConsole({ TOKENS_PER_MINUTE: "1" });
  const first = "mutation { createSession { generateToken { id } } }";
  expect((await server.graphql(first)).errors).toEqual([]);
  await withConsole(browser, server.origin, async (page) => {
    await openForm(page);
    await field(page, "Add a token").selectOption("Publisher");
    await page.getByRole("button", { name: "Create session" }).click();
    const sessionId = await shownSession(page);
    await page.getByRole("alert").getByText("its token was refused: ").waitFor();
    expect((await sessionOf(server, sessionId)).issuedTokens.nodes).toEqual([]);
  });
});

test("is created with every option", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await openForm(page);
    await field(page, "Media mode").selectOption("Routed");
    await field(page, "Archive mode").selectOption("Always");
    await field(page, "Archive name").fill("Monday");
    await field(page, "Archive resolution").selectOption("1920 × 1080");
    await field(page, "Location").fill("203.0.113.7");
    await page.getByRole("button", { name: "Create session" }).click();
    expect(await sessionOf(server, await shownSession(page))).toMatchObject({
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
  }));

test("leaves out options that cannot apply, which are disabled", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await openForm(page);
    const dependent = ["Archive mode", "Archive name", "Archive resolution", "End-to-end encryption"];
    for (const label of dependent) expect(await field(page, label).isDisabled()).toBe(true);
    await field(page, "Media mode").selectOption("Routed");
    await field(page, "Archive mode").selectOption("Always");
    await field(page, "Archive name").fill("Monday");
    expect(await field(page, "End-to-end encryption").isDisabled()).toBe(true);
    await field(page, "Archive mode").selectOption("Manual");
    await field(page, "End-to-end encryption").check();
    await page.getByRole("button", { name: "Create session" }).click();
    expect(await sessionOf(server, await shownSession(page))).toMatchObject({
      archiveMode: "MANUAL",
      archiveName: null,
      e2ee: true,
    });
  }));

test("shows what the server refuses at the field, which has the focus, and keeps the rest", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await openForm(page);
    await field(page, "Media mode").selectOption("Routed");
    await field(page, "Location").fill("here");
    await page.getByText("More options").click();
    await page.getByRole("button", { name: "Create session" }).click();
    expect(await errorBelow(field(page, "Location"))).toBe('Must be an IPv4 address such as "203.0.113.7".');
    expect(await field(page, "Location").evaluate((it) => it === document.activeElement)).toBe(true);
    expect(await field(page, "Media mode").inputValue()).toBe("ROUTED");
    expect(await page.getByRole("alert").count()).toBe(0);
  }));

test("of a name is the same for all who ask, and differs from what is asked at the field", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const ensure = async (change?: () => Promise<unknown>) => {
      await page.getByRole("link", { name: "Stagepass" }).click();
      await openForm(page);
      await page.getByLabel("With a name").check();
      await field(page, "Name").fill("standup");
      await change?.();
      await page.getByRole("button", { name: "Open or create session" }).click();
    };
    await ensure();
    await page.getByRole("heading", { name: "standup" }).waitFor();
    const first = await shownSession(page);
    await ensure();
    expect(await shownSession(page)).toBe(first);
    await server.graphql('mutation { ensureSession(name: "routed", mediaMode: ROUTED, e2ee: true) { id } }');
    await ensure(() => field(page, "Name").fill("routed"));
    await shownSession(page);
    await page.getByRole("heading", { name: "routed" }).waitFor();
    await ensure(() => field(page, "Media mode").selectOption("Routed"));
    expect(await errorBelow(field(page, "Media mode"))).toContain("RELAYED in the session with this name");
    await field(page, "Media mode").selectOption("Relayed");
    await field(page, "Replace when older than (seconds)").fill("0");
    await page.getByRole("button", { name: "Open or create session" }).click();
    expect(await errorBelow(field(page, "Replace when older than (seconds)"))).toBe(
      "Must be at least 1, in seconds.",
    );
    await field(page, "Name").fill("line\u2028break");
    await field(page, "Replace when older than (seconds)").fill("");
    await page.getByRole("button", { name: "Open or create session" }).click();
    expect(await errorBelow(field(page, "Name"))).toMatch(/^Must not have control characters.*\.$/);
    await field(page, "Name").fill("");
    await page.getByRole("button", { name: "Open or create session" }).click();
    expect(await errorBelow(field(page, "Name"))).toBe("Enter a name.");
  }));

test("comes with a token in the same request", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await openForm(page);
    await field(page, "Add a token").selectOption("Moderator");
    await page.getByRole("button", { name: "Create session" }).click();
    const sessionId = await shownSession(page);
    const tokens = page.getByRole("region", { name: /Your tokens/ });
    const token = await tokens.locator("code.token").first().textContent();
    expect(decodeJwt(token ?? "")).toMatchObject({ session_id: sessionId, role: "moderator" });
  }));
