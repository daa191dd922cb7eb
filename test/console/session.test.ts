import { decodeJwt } from "jose";
import { afterAll, expect } from "vitest";
import { closeBrowser, inBrowserAtOnce, withConsole } from "../support/console.ts";
import { errorBelow, field, sessionOf, shownSession, startConsole } from "../support/console-pages.ts";
import { startServer } from "../support/server.ts";

const server = await startServer({ CONSOLE: "on" });
afterAll(async () => {
  await closeBrowser();
  await server.close();
});

const test = inBrowserAtOnce("a session");

test("is created with the defaults by one click, and is then in the list, which counts", async (browser) => {
  const server = await startConsole();
  await withConsole(browser, server.origin, async (page) => {
    const list = page.getByRole("region", { name: /All sessions/ });
    await list.getByRole("heading").waitFor();
    const before = Number(await list.locator(".count").textContent());
    await page.getByRole("button", { name: "Create session" }).click();
    const sessionId = await shownSession(page);
    expect(await sessionOf(server, sessionId)).toMatchObject({ mediaMode: "RELAYED", archiveMode: "MANUAL" });
    await page.getByRole("link", { name: "All sessions" }).click();
    await expect.poll(() => list.locator(".count").textContent()).toBe(String(before + 1));
    await list.getByText(sessionId).click();
    await page.getByText("Relayed").waitFor();

    // Somebody else's, with no click here.
    await page.getByRole("link", { name: "All sessions" }).click();
    await server.createSession();
    await expect.poll(() => list.locator(".count").textContent()).toBe(String(before + 2));
  });
});

test("is shown although its token is refused, and why", async (browser) => {
  const server = await startConsole({ TOKENS_PER_MINUTE: "1" });
  const first = "mutation { createSession { generateToken { id } } }";
  expect((await server.graphql(first)).errors).toEqual([]);
  await withConsole(browser, server.origin, async (page) => {
    await field(page, "Add a token").selectOption("Publisher");
    await page.getByRole("button", { name: "Create session" }).click();
    const sessionId = await shownSession(page);
    await page.getByRole("alert").getByText("its token was refused: ").waitFor();
    expect((await sessionOf(server, sessionId)).issuedTokens.nodes).toEqual([]);
  });
});

test("is created with every option", (browser) =>
  withConsole(browser, server.origin, async (page) => {
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

test("says which option needs another while one fills the form, and is not created so", async (browser) => {
  const server = await startConsole();
  await withConsole(browser, server.origin, async (page) => {
    const { totalCount: before } = (await server.graphql("{ sessions { totalCount } }")).data.sessions;
    await field(page, "Archive name").fill("Monday");
    expect(await errorBelow(field(page, "Archive name"))).toContain("Always");
    await field(page, "Archive mode").selectOption("Always");
    expect(await errorBelow(field(page, "Archive mode"))).toContain("Routed");
    expect(await field(page, "Archive name").getAttribute("aria-invalid")).toBeNull();
    await page.getByRole("button", { name: "Create session" }).click();
    await expect
      .poll(() => field(page, "Archive mode").evaluate((it) => it === document.activeElement))
      .toBe(true);
    await field(page, "Media mode").selectOption("Routed");
    await field(page, "End-to-end encryption").check();
    expect(await errorBelow(field(page, "End-to-end encryption"))).toContain("Manual");
    await page.getByRole("button", { name: "Create session" }).click();
    expect((await server.graphql("{ sessions { totalCount } }")).data.sessions.totalCount).toBe(before);

    await field(page, "End-to-end encryption").uncheck();
    await page.getByRole("button", { name: "Create session" }).click();
    expect(await sessionOf(server, await shownSession(page))).toMatchObject({ archiveName: "Monday" });
  });
});

test("shows what the server refuses at the field, which has the focus, and keeps the rest", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await field(page, "Media mode").selectOption("Routed");
    await field(page, "Location").fill("here");
    await page.getByRole("button", { name: "Create session" }).click();
    expect(await errorBelow(field(page, "Location"))).toMatch(/IPv4 address/);
    expect(await field(page, "Location").evaluate((it) => it === document.activeElement)).toBe(true);
    expect(await field(page, "Media mode").inputValue()).toBe("ROUTED");
    expect(await page.getByRole("alert").count()).toBe(0);
  }));

test("of a name is the same for all who ask, and differs from what is asked at the field", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const ensure = async (change?: () => Promise<unknown>) => {
      await page.getByRole("link", { name: "Sessions", exact: true }).click();
      await page.getByLabel("By name").check();
      await field(page, "Name").fill("standup");
      await change?.();
      await page.getByRole("button", { name: "Get session" }).click();
    };
    await ensure();
    const first = await shownSession(page);
    await page.getByRole("heading", { name: "standup" }).waitFor();
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
    await page.getByRole("button", { name: "Get session" }).click();
    expect(await errorBelow(field(page, "Replace when older than (seconds)"))).toContain("maxAge");
    await field(page, "Name").fill("");
    await field(page, "Replace when older than (seconds)").fill("");
    await page.getByRole("button", { name: "Get session" }).click();
    expect(await errorBelow(field(page, "Name"))).toContain("name");
  }));

test("comes with a token in the same request", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await field(page, "Add a token").selectOption("Moderator");
    await page.getByRole("button", { name: "Create session" }).click();
    const sessionId = await shownSession(page);
    const tokens = page.getByRole("region", { name: /Your tokens/ });
    const token = await tokens.locator("code.token").first().textContent();
    expect(decodeJwt(token ?? "")).toMatchObject({ session_id: sessionId, role: "moderator" });
  }));
