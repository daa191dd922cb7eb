import type { Page } from "playwright-core";
import { afterAll, expect } from "vitest";
import { grantFor } from "../../src/domain/grant.ts";
import { composeSessionId } from "../../src/domain/session-id.ts";
import { openTokKeyRing } from "../../src/signing/key-ring.ts";
import { signOpenTokJwt } from "../../src/signing/opentok-jwt.ts";
import { closeBrowser, inBrowserAtOnce, withConsole } from "../support/console.ts";
import { field, openSession } from "../support/console-pages.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { startServer } from "../support/server.ts";

const server = await startServer({ CONSOLE: "on" });
afterAll(async () => {
  await closeBrowser();
  await server.close();
});

const test = inBrowserAtOnce("the inspection of a token");

const keyRing = openTokKeyRing(API_KEY, API_SECRET);
const created = (owner: string) =>
  composeSessionId({ owner, location: null, createdAt: new Date(), random: "r".padEnd(24, "0") });
const signed = async (sessionId: string, ring = keyRing, at = new Date()) =>
  signOpenTokJwt(grantFor(sessionId, { role: null, data: "username=bob" }, at), "an-id", ring);

const inspect = async (page: Page, token: string) => {
  await page.getByRole("link", { name: "Inspect", exact: true }).click();
  await field(page, "Token").fill(token);
  await page.getByRole("button", { name: "Inspect", exact: true }).click();
  const verdict = page.getByRole("region", { name: "Result" });
  await verdict.locator(".notice").waitFor();
  return verdict;
};

test("shows what a valid one grants, and none of it in the address", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const sessionId = created(API_KEY);
    const token = await signed(sessionId);
    const verdict = await inspect(page, token);
    const text = await verdict.textContent();
    for (const part of [
      "Valid",
      "not created here",
      "Publisher",
      "username=bob",
      sessionId,
      "JSON Web Token",
    ]) {
      expect(text).toContain(part);
    }
    expect(page.url()).not.toContain(token);
    await verdict.getByRole("link").click();
    await page.getByText("This session was not created here.").waitFor();
    await page.goBack();
    expect(
      await page.evaluate(() => JSON.stringify([history.state, { ...localStorage }, { ...sessionStorage }])),
    ).not.toContain(token);
  }));

test("says that one is expired, forged, of another project, or none at all", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const old = await signed(created(API_KEY), keyRing, new Date(Date.now() - 2 * 86_400_000));
    expect(await (await inspect(page, old)).textContent()).toMatch(/Genuine, but expired.*username=bob/);
    const forged = await signed(created(API_KEY), openTokKeyRing(API_KEY, "another".padEnd(40, "0")));
    const said = await (await inspect(page, forged)).textContent();
    expect(said).toMatch(/Not valid: it was not signed with.*Claims, not verified.*username=bob/);
    const foreign = await signed(created("87654321"), openTokKeyRing("87654321", API_SECRET));
    expect(await (await inspect(page, foreign)).textContent()).toMatch(/Not valid: .*project/);
    expect(await (await inspect(page, "hello")).textContent()).toMatch(/Not valid/);
    // Nothing is said of what was not inspected.
    await field(page, "Token").fill("hello?");
    await page.getByText("Shows what the token grants").waitFor();
    expect(await page.getByText("Not valid").count()).toBe(0);
  }));

test("says so when the token expires meanwhile", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await page.clock.install();
    const { data } = await server.graphql(
      "mutation($id: ID!) { generateToken(sessionId: $id, expiresIn: 3600) { token } }",
      { id: await server.createSession() },
    );
    const verdict = await inspect(page, data.generateToken.token);
    expect(await verdict.locator(".notice").textContent()).toContain("Valid");
    expect(await verdict.textContent()).not.toContain("not created here");
    await page.clock.fastForward("01:00:01");
    await expect.poll(() => verdict.locator(".notice").textContent()).toContain("Genuine, but expired");
  }));

test("happens at once for a token just generated, and says what the local platform is", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await openSession(page, server);
    await page.getByRole("button", { name: "Generate a token" }).click();
    await page.getByRole("link", { name: "Inspect this token" }).click();
    await page.getByText("Valid on the local platform only: real calls do not accept it").waitFor();
  }));

test("shows the claims of a forged T1 token as unverified, with dates", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const fields = "session_id=1_x&role=moderator&connection_data=user%3Dbob&expire_time=1700000000";
    const verdict = await inspect(page, `T1==${btoa(`partner_id=1&sig=${"0".repeat(40)}:${fields}`)}`);
    const claims = verdict.getByRole("region", { name: "Claims, not verified" });
    await claims.getByText("user=bob").waitFor();
    expect(await claims.textContent()).toMatch(/partner_id1.*rolemoderator.*1700000000 Nov 1[45], 2023/);
    expect(await verdict.locator(".role").count()).toBe(0);
    // Without readable claims, none are shown.
    await inspect(page, "eyJ.x.y");
    await page.getByText("Not valid").waitFor();
    expect(await claims.count()).toBe(0);
  }));

test("is written as a request, without the credential", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await page.getByRole("link", { name: "Inspect", exact: true }).click();
    await page.getByText("As curl, GraphQL or hook").click();
    await page.getByLabel("React hook").check();
    await field(page, "Token").fill("abc");
    const code = await page.getByRole("region", { name: /^The request/ }).textContent();
    expect(code).toContain("= useInspectTokenQuery({");
    expect(code).toContain('"token": "abc"');
  }));

test("shows what one grants beside why its session could not be looked up", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const message = "The database does not answer; try again later";
    await page.route("**/graphql", async (route) => {
      if (!route.request().postData()?.includes("inspectToken")) return route.continue();
      const response = await route.fetch();
      const { data } = await response.json();
      data.inspectToken.createdHere = null;
      const extensions = { code: "DATABASE_UNAVAILABLE", retryable: true };
      const errors = [{ message, path: ["inspectToken", "createdHere"], extensions }];
      return route.fulfill({ response, json: { errors, data } });
    });
    const verdict = await inspect(page, await signed(created(API_KEY)));
    expect(await verdict.textContent()).toMatch(/Valid.*username=bob/);
    await page.getByText(message).waitFor();
  }));
