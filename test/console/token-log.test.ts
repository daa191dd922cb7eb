import type { Page } from "playwright-core";
import { afterAll, expect } from "vitest";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { clipboard, closeBrowser, inBrowserAtOnce, signIn, withConsole } from "../support/console.ts";
import { errorBelow, field } from "../support/console-pages.ts";
import { startServer } from "../support/server.ts";

const server = await startServer({ CONSOLE: "on" });
const closed = await startServer({ CONSOLE: "on", AUTH_JWT_SECRET: JWT_SECRET });
afterAll(async () => {
  await closeBrowser();
  await Promise.all([server.close(), closed.close()]);
});

const test = inBrowserAtOnce("the issuance log");

/** Tokens of a new session, by the server's own caller. Returns their IDs, oldest first. */
async function issue(requests: readonly object[], sessionId?: string) {
  const id = sessionId ?? (await server.createSession());
  const query =
    "mutation($id: ID!, $requests: [TokenRequest!]!) { generateTokens(sessionId: $id, requests: $requests) { ... on ConnectionToken { id } } }";
  let ids: string[] = [];
  // A machine that stalls may miss the deadline of a commit.
  await expect
    .poll(async () => {
      const { data, errors } = await server.graphql(query, { id, requests });
      ids = data.generateTokens?.map((token: { id: string }) => token.id) ?? [];
      return errors ?? [];
    })
    .toEqual([]);
  return { sessionId: id, ids };
}

const rows = (page: Page) => page.locator("table.log tbody tr");

test("finds a token by its ID, and the address brings one back", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const { ids } = await issue([{ identity: "ann", role: "MODERATOR" }, { identity: "bob" }]);
    await page.goto("/#/tokens");
    await field(page, "Token ID").fill(ids[0] ?? "");
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await expect.poll(() => rows(page).count()).toBe(1);
    const text = await rows(page).textContent();
    for (const part of ["local", "ann", "Moderator"]) expect(text).toContain(part);
    await rows(page)
      .getByRole("button", { name: /^Copy token ID/ })
      .click();
    await expect.poll(() => clipboard(page)).toBe(ids[0]);
    await page.reload();
    await expect.poll(() => rows(page).count()).toBe(1);
    expect(await field(page, "Token ID").inputValue()).toBe(ids[0]);
    await page.getByRole("button", { name: "Show all" }).click();
    await expect.poll(() => rows(page).count()).toBeGreaterThan(1);
    expect(await field(page, "Token ID").inputValue()).toBe("");
    await page.goBack();
    await expect.poll(() => rows(page).count()).toBe(1);
    expect(await field(page, "Token ID").inputValue()).toBe(ids[0]);
  }));

test("has filters for session, role, caller and time", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const { sessionId } = await issue([{ role: "SUBSCRIBER" }, { role: "MODERATOR" }, {}]);
    await page.goto(`/#/tokens?sessionId=${sessionId}`);
    await expect.poll(() => rows(page).count()).toBe(3);
    await field(page, "Role").selectOption("Subscriber");
    await field(page, "From").fill("2020-01-01T00:00");
    await field(page, "Before").fill("2099-01-01T00:00");
    await field(page, "Issued by").fill("local");
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await expect.poll(() => rows(page).count()).toBe(1);
    await page.reload();
    expect(await field(page, "From").inputValue()).toBe("2020-01-01T00:00");
    expect(await field(page, "Role").inputValue()).toBe("SUBSCRIBER");
    await field(page, "Before").fill("2020-01-02T00:00");
    await page.keyboard.press("Enter");
    await page.getByText("No issued tokens match.").waitFor();
    // The address is not trusted.
    await page.goto("/#/tokens?role=KING&issuedAfter=yesterday");
    await expect.poll(() => rows(page).count()).toBeGreaterThan(1);
    expect(await field(page, "Role").inputValue()).toBe("");
  }));

test("keeps its page in the address", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const { sessionId, ids } = await issue(Array(45).fill({}));
    await page.goto(`/#/tokens?sessionId=${sessionId}`);
    await expect.poll(() => rows(page).count()).toBe(20);
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("Page 2").waitFor();
    await page.getByRole("button", { name: "Next" }).and(page.locator("[aria-disabled=false]")).click();
    await expect.poll(() => rows(page).count()).toBe(5);
    await page.reload();
    await expect.poll(() => rows(page).count()).toBe(5);
    expect(await rows(page).last().locator("code").last().getAttribute("title")).toBe(ids[0]);
    await page.getByRole("button", { name: "Previous" }).click();
    await expect.poll(() => rows(page).count()).toBe(20);
    await page.goBack();
    await expect.poll(() => rows(page).count()).toBe(5);
  }));

test("revokes a token, after it has asked", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const { sessionId, ids } = await issue([{ identity: "eve" }]);
    const revokedAt = async () => {
      const { data } = await server.graphql(
        "query($id: ID!) { issuedTokens(filter: { id: $id }) { nodes { revokedAt } } }",
        { id: ids[0] },
      );
      return data.issuedTokens.nodes[0].revokedAt;
    };
    await page.goto(`/#/tokens?sessionId=${sessionId}`);
    const revoke = page.getByRole("button", { name: /^Revoke token/ });
    await revoke.click();
    await page.getByRole("dialog").getByText("eve").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await revokedAt()).toBeNull();
    await revoke.press("Enter");
    await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
    await rows(page).getByText("Revoked").waitFor();
    expect(await revokedAt()).not.toBeNull();
  }));

test("lets no token into the address", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await page.goto("/#/tokens");
    await field(page, "Token ID").fill("eyJhbGciOiJIUzI1NiJ9.e30.c2ln");
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    expect(await errorBelow(field(page, "Token ID"))).toContain("This is a token");
    expect(page.url()).not.toContain("eyJ");
  }));

test("is only for callers that may read it, and revokes only for those that manage bans", (browser) =>
  withConsole(browser, closed.origin, async (page) => {
    await signIn(page, signedJwt({ ...EVERYTHING, scope: "sessions:read ledger:read" }));
    await page.getByRole("link", { name: "Tokens", exact: true }).click();
    await page.getByRole("heading", { name: /Issued tokens/ }).waitFor();
    expect(await page.getByRole("button", { name: /^Revoke/ }).count()).toBe(0);
    await page.reload();
    await signIn(page, signedJwt({ ...EVERYTHING, scope: "sessions:read" }));
    await page.getByRole("link", { name: "Sessions", exact: true }).waitFor();
    expect(await page.getByRole("link", { name: "Tokens", exact: true }).count()).toBe(0);
    await page.goto("/#/tokens");
    await page.waitForURL("**/#/");
  }));
