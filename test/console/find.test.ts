import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { clipboard, closeBrowser, inBrowserAtOnce, withConsole } from "../support/console.ts";
import { errorBelow, field, startConsole } from "../support/console-pages.ts";
import { startServer, type TestServer } from "../support/server.ts";

const HOUR = 3_600_000;

/** How many hours ago the server's clock says it is. */
let ago = 0;
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ CONSOLE: "on" }, () => new Date(Date.now() - ago * HOUR));
  for (const [name, hours] of [
    ["all-hands", 72],
    ["standup-us", 30],
    ["standup-eu", 3],
    ["standup", 0],
  ] as const) {
    ago = hours;
    await ensure(server, name);
  }
});
afterAll(async () => {
  await closeBrowser();
  await server.close();
});

async function ensure({ graphql }: TestServer, name: string): Promise<string> {
  const { data } = await graphql("mutation($name: String!) { ensureSession(name: $name) { id } }", { name });
  return data.ensureSession.id;
}

const search = (page: Page) => field(page, "Find by name or ID");

/** Expects the list to have these names, in this order. */
async function expectNames(page: Page, ...names: string[]): Promise<void> {
  await expect.poll(() => page.locator(".list .title").allTextContents()).toEqual(names);
}

const test = inBrowserAtOnce("one finds a session");

test("by the start of its name and by its time, where a reload and Back return to", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await expectNames(page, "standup", "standup-eu", "standup-us", "all-hands");
    await search(page).fill("stand");
    await expectNames(page, "standup", "standup-eu", "standup-us");
    await field(page, "Created").selectOption("In the last 24 hours");
    await expectNames(page, "standup", "standup-eu");
    await page.reload();
    await expectNames(page, "standup", "standup-eu");
    expect(await search(page).inputValue()).toBe("stand");
    await page.getByRole("link", { name: "standup-eu" }).click();
    await page.getByRole("heading", { name: "standup-eu" }).waitFor();
    expect(await page.title()).toBe("standup-eu · Stagepass");
    await page.goBack();
    await expectNames(page, "standup", "standup-eu");
    await page.getByRole("button", { name: "Clear" }).click();
    await expectNames(page, "standup", "standup-eu", "standup-us", "all-hands");
    expect(await search(page).inputValue()).toBe("");
  }));

test("between two times, of which the second is later", (browser) =>
  withConsole(
    browser,
    server.origin,
    async (page) => {
      const now = Date.now();
      const local = (hours: number) => new Date(now - hours * HOUR).toISOString().slice(0, 16);
      await field(page, "Created").selectOption("Between…");
      await field(page, "From").fill(local(40));
      await expectNames(page, "standup", "standup-eu", "standup-us");
      await field(page, "Before").fill(local(20));
      await expectNames(page, "standup-us");
      await page.reload();
      await expectNames(page, "standup-us");
      expect(await field(page, "From").inputValue()).toBe(local(40));
      await field(page, "Before").fill(local(50));
      expect(await errorBelow(field(page, "Before"))).toBe("This is not after the start.");
    },
    { timezoneId: "UTC" },
  ));

test("by its ID, which is cut in the middle and copied whole", (browser) =>
  withConsole(
    browser,
    server.origin,
    async (page) => {
      const sessionId = await ensure(server, "standup");
      await search(page).fill(sessionId);
      await expectNames(page, "standup");
      const code = page.locator(".list .session-id");
      expect(await code.getAttribute("title")).toBe(sessionId);
      expect(await code.evaluate((it) => it.scrollWidth <= it.clientWidth)).toBe(true);
      await code.evaluate((it) => getSelection()?.selectAllChildren(it));
      await page.keyboard.press("ControlOrMeta+c");
      expect(await clipboard(page)).toBe(sessionId);
      await search(page).press("Enter");
      await page.getByRole("heading", { name: "standup" }).waitFor();
      await page.goBack();
      await search(page).fill(sessionId.replace(/.....$/, "AAAAA"));
      await page.getByText("No session that you may see has this ID.").waitFor();
    },
    { viewport: { width: 360, height: 740 } },
  ));

test("by its name, which never creates one", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await page.getByRole("button", { name: "Open" }).click();
    expect(await errorBelow(search(page))).toBe("Enter a name or an ID.");
    await search(page).fill("stand");
    await page.getByRole("button", { name: "Open" }).click();
    expect(await errorBelow(search(page))).toBe("No session that you may see has this name.");
    const { data } = await server.graphql('{ session(name: "stand") { id } }');
    expect(data.session).toBeNull();
    await search(page).fill("standup-us");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("heading", { name: "standup-us" }).waitFor();
  }));

test("on another page of the list, which a reload and Back return to", async (browser) => {
  const server = await startConsole();
  for (let i = 10; i < 40; i++) await ensure(server, `room-${i}`);
  await withConsole(browser, server.origin, async (page) => {
    await search(page).fill("room-");
    await page.getByRole("link", { name: "room-10" }).waitFor();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByRole("link", { name: "room-35" }).waitFor();
    await page.reload();
    await page.getByRole("link", { name: "room-35" }).click();
    await page.getByRole("heading", { name: "room-35" }).waitFor();
    await page.goBack();
    await page.getByText("Page 2").waitFor();
    await page.getByRole("link", { name: "room-35" }).waitFor();
    await page.getByRole("button", { name: "Previous" }).click();
    await page.getByRole("link", { name: "room-10" }).waitFor();
  });
});

test("on the local platform, which is said on every page", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    for (const path of ["/", "/inspect"]) {
      await page.goto(`/#${path}`);
      await page.getByRole("banner").getByText("LOCAL Its tokens do not join real calls.").waitFor();
    }
  }));
