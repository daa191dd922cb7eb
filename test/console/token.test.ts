import { decodeJwt } from "jose";
import { afterAll, expect } from "vitest";
import { clipboard, closeBrowser, inBrowserAtOnce, itInBrowser, withConsole } from "../support/console.ts";
import { errorBelow, field, openSession, sessionOf } from "../support/console-pages.ts";
import { API_KEY } from "../support/credentials.ts";
import { startServer } from "../support/server.ts";

const server = await startServer({ CONSOLE: "on" });
afterAll(async () => {
  await closeBrowser();
  await server.close();
});

const test = inBrowserAtOnce("a token");

itInBrowser("a token is generated with every option, copied, counted down, and on the ledger", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const sessionId = await openSession(page, server);
    await field(page, "Role").selectOption("Subscriber");
    await field(page, "Connection data").fill("username=bob");
    await field(page, "Expires").selectOption("In 15 minutes");
    await field(page, "Layout classes").fill("focus full");
    await page.getByRole("button", { name: "Generate a token" }).click();
    const card = page.getByRole("article");
    await card.getByRole("button", { name: "Copy token" }).click();
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
    await card.getByRole("button", { name: "Copy snippet" }).click();
    await expect.poll(() => clipboard(page)).toContain(`OT.initSession("${API_KEY}", "${sessionId}")`);
    const snippet = await clipboard(page);
    expect(snippet).toContain(`session.connect("${token}"`);
    expect(snippet).not.toContain("publish");

    const issued = page.getByRole("region", { name: /Issued tokens/ });
    await issued.getByRole("cell", { name: "Subscriber" }).waitFor();
    expect(await issued.locator(".count").textContent()).toBe("1");
    expect((await sessionOf(server, sessionId)).issuedTokens.nodes).toEqual([{ role: "SUBSCRIBER" }]);
  }),
);

test("has the legacy format where one asks for it", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await openSession(page, server);
    await field(page, "Format").selectOption("T1 (legacy)");
    await page.getByRole("button", { name: "Generate a token" }).click();
    await page.getByRole("article").getByText(/^T1==/).waitFor();
  }));

test("that may not be so is refused at the field, and nothing entered is lost", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const sessionId = await openSession(page, server);
    await field(page, "Connection data").fill("x".repeat(1001));
    await field(page, "Expires").selectOption("At a time…");
    await page.getByRole("button", { name: "Generate a token" }).click();
    expect(await errorBelow(field(page, "Expires"))).toBe("Choose a time.");
    await field(page, "Expires at").fill("2020-01-01T00:00:00");
    await page.getByRole("button", { name: "Generate a token" }).click();
    expect(await errorBelow(field(page, "Connection data"))).toContain("1000 characters");
    await field(page, "Connection data").fill("username=bob");
    await page.getByRole("button", { name: "Generate a token" }).click();
    expect(await errorBelow(field(page, "Expires"))).toContain("later than now");
    expect(await field(page, "Connection data").inputValue()).toBe("username=bob");
    expect((await sessionOf(server, sessionId)).issuedTokens.nodes).toEqual([]);
  }));

itInBrowser("a token is one of many, each with its own data, and all are copied at once", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const sessionId = await openSession(page, server);
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
    expect((await sessionOf(server, sessionId)).issuedTokens.nodes).toHaveLength(12);
    const issued = page.getByRole("region", { name: /Issued tokens/ });
    await issued.getByRole("button", { name: "Next" }).click();
    await expect.poll(() => issued.getByRole("row").count()).toBe(3);
    await issued.getByRole("button", { name: "Previous" }).click();
    await expect.poll(() => issued.getByRole("row").count()).toBe(11);
  }),
);

test("of many is refused by itself, and the page says which", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const sessionId = await openSession(page, server);
    await field(page, "How many").fill("3");
    await field(page, "Connection data").fill(`username=ann\n${"x".repeat(1001)}`);
    await page.getByRole("button", { name: "Generate 3 tokens" }).click();
    await page.getByText("2 tokens were generated.").waitFor();
    expect(await page.getByRole("alert").textContent()).toMatch(/Token 2: data .*1000 characters/);
    expect((await sessionOf(server, sessionId)).issuedTokens.nodes).toHaveLength(2);
    await field(page, "How many").fill("1001");
    await page.getByRole("button", { name: "Generate 1001 tokens" }).click();
    expect(await errorBelow(field(page, "How many"))).toContain("1000");
  }));

test("is counted in the chart's numbers, by role", (browser) =>
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
    await page.getByText("Show as a table").click();
    expect(await page.getByRole("columnheader", { name: "Publisher only" }).count()).toBe(1);
    expect(await page.locator(".chart canvas").count()).toBe(1);
  }));
