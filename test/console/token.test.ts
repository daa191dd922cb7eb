import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { decodeJwt } from "jose";
import { afterAll, expect } from "vitest";
import { composeSessionId } from "../../src/domain/session-id.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import {
  clipboard,
  closeBrowser,
  inBrowserAtOnce,
  itInBrowser,
  signIn,
  withConsole,
} from "../support/console.ts";
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
    // A subscriber has no streams in a layout.
    expect(await field(page, "Layout classes").isDisabled()).toBe(true);
    await page.getByText("A subscriber publishes no streams").waitFor();
    await field(page, "Role").selectOption("Publisher only");
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
      role: "publisheronly",
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
    expect(snippet).not.toContain("subscribe");

    const issued = page.getByRole("region", { name: /Issued tokens/ });
    await issued.getByRole("cell", { name: "Publisher only" }).waitFor();
    expect(await issued.locator(".count").textContent()).toBe("1");
    expect((await sessionOf(server, sessionId)).issuedTokens.nodes).toEqual([{ role: "PUBLISHER_ONLY" }]);
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
    await field(page, "Expires").selectOption("At a time…");
    // Nothing is wrong before an entry.
    expect(await page.locator("[aria-invalid]").count()).toBe(0);
    await page.getByRole("button", { name: "Generate a token" }).click();
    expect(await errorBelow(field(page, "Expires at"))).toBe("Choose a time.");
    await field(page, "Expires at").fill("2020-01-01T00:00");
    expect(await errorBelow(field(page, "Expires at"))).toMatch(
      /^Choose a later time: it is now \w+ \d+, \d{4}/,
    );
    await field(page, "Expires at").fill("2999-01-01T00:00");
    expect(await errorBelow(field(page, "Expires at"))).toMatch(/^Choose an earlier time/);
    await field(page, "Connection data").fill("x".repeat(1001));
    expect(await errorBelow(field(page, "Connection data"))).toContain("1001 characters are too many");
    await field(page, "Connection data").fill("username=bob");
    await page.getByRole("button", { name: "Generate a token" }).click();
    expect(await field(page, "Connection data").inputValue()).toBe("username=bob");
    expect((await sessionOf(server, sessionId)).issuedTokens.nodes).toEqual([]);
  }));

test("keeps its time of expiry inside of the card", (browser) =>
  withConsole(
    browser,
    server.origin,
    async (page) => {
      await openSession(page, server);
      await field(page, "Expires").selectOption("At a time…");
      const edges = await field(page, "Expires at").evaluate((input) => [
        input.getBoundingClientRect().right,
        input.closest(".card")?.getBoundingClientRect().right ?? 0,
      ]);
      expect(edges[0]).toBeLessThan(edges[1] ?? 0);
    },
    { viewport: { width: 1280, height: 800 } },
  ));

itInBrowser("a token is one of many, as many as lines, and their table says whose is whose", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const sessionId = await openSession(page, server);
    await field(page, "How many").fill("25");
    const names = ["ann", '=cmd|"x"!A1', "bob, of Rome", ...Array(9).fill("guest")];
    await field(page, "Connection data").fill(`${names.join("\n")}\n`);
    expect(await field(page, "How many").inputValue()).toBe("12");
    expect(await field(page, "How many").isDisabled()).toBe(true);
    await field(page, "Identity").fill("one\ntwo");
    expect(await errorBelow(field(page, "Identity"))).toContain("2 lines do not match the 12 lines");
    await field(page, "Identity").fill("team");
    await page.getByRole("button", { name: "Generate 12 tokens" }).click();
    await page.getByText("12 tokens were generated.").waitFor();
    expect(await page.getByRole("article").count()).toBe(10);
    await page.getByRole("button", { name: "Show all 12" }).click();
    expect(await page.getByRole("article").count()).toBe(12);
    await page.getByRole("button", { name: "Copy all 12 as CSV" }).click();
    await expect.poll(async () => (await clipboard(page)).trim().split(/\r?\n/).length).toBe(13);
    const [, ...rows] = (await clipboard(page)).trim().split(/\r?\n/);
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download CSV" }).click();
    const csv = readFileSync(await (await download).path(), "utf8");
    expect(csv.split("\r\n").slice(0, -1)).toEqual(["data,token,expiry,id,identity", ...rows]);
    expect(rows[1]).toMatch(/^"'=cmd\|""x""!A1",/);
    expect(rows[2]).toMatch(/^"bob, of Rome",/);
    const [, token = "", expiry, id, identity] = rows[0]?.split(",") ?? [];
    expect(decodeJwt(token)).toMatchObject({ session_id: sessionId, connection_data: "ann", jti: id });
    expect(expiry).toMatch(/^\d{4}-/);
    expect(identity).toBe("team");
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
    await field(page, "Connection data").fill(`username=ann\n${"x".repeat(1001)}\n`);
    await page.getByRole("button", { name: "Generate 2 tokens" }).click();
    await page.getByText("One token was generated.").waitFor();
    expect(await page.getByRole("alert").textContent()).toMatch(/Token 2: .*1000 characters/);
    expect((await sessionOf(server, sessionId)).issuedTokens.nodes).toHaveLength(1);
    await field(page, "Connection data").fill("");
    await field(page, "How many").fill("1001");
    await page.getByRole("button", { name: "Generate 1001 tokens" }).click();
    expect(await errorBelow(field(page, "How many"))).toContain("1000");
  }));

test("is written as a request, in three forms, which follows the entries", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const sessionId = await openSession(page, server);
    const code = page.getByRole("region", { name: /^The request/ });
    expect(await code.count()).toBe(0);
    await page.getByText("As curl, GraphQL or hook").click();
    await field(page, "Connection data").fill("it's <ann>");
    const curl = (await code.textContent()) ?? "";
    expect(curl).toContain(`curl '${server.origin}/graphql'`);
    expect(curl).toContain('"authorization: Bearer $STAGEPASS_CREDENTIAL"');
    const { stdout } = await promisify(execFile)("bash", ["-c", curl]);
    expect(decodeJwt(JSON.parse(stdout).data.generateToken.token).connection_data).toBe("it's <ann>");
    await page.getByLabel("GraphQL", { exact: true }).check();
    expect(await code.textContent()).toMatch(/^mutation GenerateToken\(/);
    await field(page, "How many").fill("2");
    await page.getByLabel("React hook").check();
    expect(await code.textContent()).toContain("= useGenerateTokensMutation({");
    await page.getByRole("button", { name: "Copy React hook" }).click();
    await expect.poll(() => clipboard(page)).toContain(sessionId);
  }));

test("has the identity of the caller where the credential fixes it", async (browser) => {
  const closed = await startServer({ CONSOLE: "on", AUTH_JWT_SECRET: JWT_SECRET });
  try {
    await withConsole(browser, closed.origin, async (page) => {
      const grant = { ...EVERYTHING.video_grant, identity: "user-7" };
      const credential = signedJwt({ ...EVERYTHING, video_grant: grant });
      await signIn(page, credential);
      await page.getByRole("link", { name: "Sessions" }).waitFor();
      const random = "r".padEnd(24, "0");
      const sessionId = composeSessionId({ owner: API_KEY, location: null, createdAt: new Date(), random });
      await page.goto(`/#/sessions/${sessionId}`);
      expect(await field(page, "Identity").isDisabled()).toBe(true);
      expect(await field(page, "Identity").inputValue()).toBe("user-7");
      await page.getByText("As curl, GraphQL or hook").click();
      expect(await page.content()).not.toContain(credential);
      await page.getByRole("button", { name: "Generate a token" }).click();
      await page.getByRole("article").getByText("for user-7").waitFor();
    });
  } finally {
    await closed.close();
  }
});

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
    const { width = 0 } = (await page.locator(".chart").boundingBox()) ?? {};
    await page.locator(".chart").hover({ position: { x: width - 32, y: 60 } });
    await page
      .locator(".chart-label")
      .getByText(/Publisher only \d/)
      .waitFor();
  }));
