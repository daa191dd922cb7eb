import type { Page } from "playwright-core";
import { afterAll, expect, onTestFinished } from "vitest";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { closeBrowser, inBrowserAtOnce, signIn, withConsole } from "../support/console.ts";
import { field, openSession, shownRequest } from "../support/console-pages.ts";
import { joined } from "../support/room-client.ts";
import { startServer, type TestServer } from "../support/server.ts";

afterAll(closeBrowser);

/** A server of one attempt, so that another finds nothing of it. */
async function start(env: Record<string, string> = {}) {
  const server = await startServer({ CONSOLE: "on", ...env });
  onTestFinished(server.close);
  return server;
}
const startClosed = () => start({ AUTH_JWT_SECRET: JWT_SECRET });

const test = inBrowserAtOnce("an operator");

const participants = (page: Page) => page.getByRole("region", { name: /Participants/ });
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const inDialog = (page: Page, name: string) =>
  page.getByRole("dialog").getByRole("button", { name, exact: true });

/** A client in a session. */
async function join(server: TestServer, sessionId: string, role: string, identity: string) {
  const { data } = await server.graphql(
    `mutation($id: ID!, $role: Role, $identity: String) {
      generateToken(sessionId: $id, role: $role, identity: $identity, data: $identity) { token } }`,
    { id: sessionId, role, identity },
  );
  return joined(server.origin, data.generateToken.token);
}

test("mutes all, signals to one, limits and bans, and polls without a socket", async (browser) => {
  const server = await start();
  await withConsole(browser, server.origin, async (page) => {
    // No socket opens, so the list is polled. A page keeps the WebSocket class that it loaded with.
    await page.routeWebSocket("**/graphql", (socket) => socket.close());
    await page.reload();
    const sessionId = await openSession(page, server);
    await participants(page).getByText("Updated every 2 seconds").waitFor();
    const ann = await join(server, sessionId, "PUBLISHER", "ann");
    const bob = await join(server, sessionId, "PUBLISHER", "bob");
    ann.send({ type: "publish", name: "camera", videoType: "camera" });
    const { stream } = await ann.next("published");
    await button(page, "Mute ann").waitFor();

    await button(page, "Mute all…").click();
    expect(await shownRequest(page)).toContain('"active": true');
    await inDialog(page, "Mute all").click();
    await page.getByText("All streams were muted.").waitFor();
    expect((await ann.next("muted")).streamId).toBe(stream.streamId);

    await button(page, "Signal… to bob").click();
    await field(page, "Data").fill("only you");
    expect(await shownRequest(page)).toContain('"data": "only you"');
    await inDialog(page, "Send").click();
    await page.getByText("The signal was sent to bob.").waitFor();
    expect((await bob.next("signal")).data).toBe("only you");
    expect(ann.unread.filter(({ type }) => type === "signal")).toEqual([]);

    await button(page, "Set a limit…").click();
    expect(await shownRequest(page)).toContain("SetMaxParticipants");
    await field(page, "Most participants at a time").fill("0");
    await inDialog(page, "Set limit").click();
    await page.getByText("Enter a whole number of at least 1, or nothing.").waitFor();
    await field(page, "Most participants at a time").fill("2");
    await page.keyboard.press("Enter");
    await button(page, "Limit: 2…").waitFor();

    // An act fails once, and its dialog offers it again. Afterwards the focus is not lost.
    let fails = true;
    await page.route("**/graphql", (route) => {
      if (!fails || route.request().postDataJSON().operationName !== "BanIdentity") return route.continue();
      fails = false;
      return route.fulfill({ status: 503, body: "" });
    });
    await button(page, "Ban an identity…").click();
    await field(page, "Identity to ban").fill("ann");
    await field(page, "How long").selectOption("For ever");
    expect(await shownRequest(page)).toContain('"identity": "ann"');
    await inDialog(page, "Ban").click();
    await inDialog(page, "Try again").click();
    await page.getByText("ann was banned.").waitFor();
    expect(await ann.closed).toBeGreaterThan(0);
    expect(await page.evaluate(() => document.activeElement?.tagName)).not.toBe("BODY");

    await page.goto("/#/bans");
    await page.getByRole("listitem").filter({ hasText: "ann" }).getByText("for ever").waitFor();
    await field(page, "Identity").fill("nobody");
    await page.getByText("No bans match.").waitFor();
    await field(page, "Identity").fill("ann");
    await button(page, "Lift… the ban of ann").click();
    await inDialog(page, "Lift").click();
    await page.getByText("No bans match.").waitFor();
    await field(page, "Show").selectOption("Ended and lifted bans");
    await page.getByText(/^lifted /).waitFor();
    await page.reload();
    await page.getByText(/^lifted /).waitFor();
    expect(page.url()).toContain("identity=ann");
  });
});

test("that moderates only as a participant sees why a button is disabled", async (browser) => {
  const closed = await startClosed();
  const all = signedJwt(EVERYTHING);
  const { data } = await closed.graphql("mutation { createSession { sessionId } }", {}, all);
  const video_grant = { sessions: ["*"], identity: "ann", manage: "as-moderator" };
  await withConsole(browser, closed.origin, async (page) => {
    await signIn(
      page,
      signedJwt({
        sub: "ann",
        scope: "sessions:read participants:read participants:manage bans:manage",
        video_grant,
      }),
    );
    await page.getByRole("link", { name: "Sessions", exact: true }).waitFor();
    await page.goto(`/#/sessions/${data.createSession.sessionId}`);
    const refused = page.getByRole("button", { name: "Signal all…", disabled: true });
    await refused.waitFor();
    const reason = (await refused.getAttribute("title")) ?? "";
    expect(reason).toMatch(/moderator/i);
    await participants(page).getByText(reason).waitFor();
    await refused.click({ force: true });
    expect(await page.getByRole("dialog").count()).toBe(0);
    await page.getByRole("button", { name: "Ban an identity…", disabled: true }).waitFor();
  });
});

test("makes a key of its own choice, which may do no more", async (browser) => {
  const closed = await startClosed();
  await withConsole(browser, closed.origin, async (page) => {
    await signIn(
      page,
      signedJwt({
        sub: "admin",
        scope: "keys:manage sessions:create tokens:create",
        video_grant: { names: ["*"], roles: ["SUBSCRIBER", "PUBLISHER"] },
      }),
    );
    await page.getByRole("link", { name: "API keys" }).click();
    await button(page, "New key…").click();
    await field(page, "Name").fill("kiosk");
    await field(page, "It may").selectOption("My own choice…");
    await field(page, "tokens:create").check();
    await field(page, "Subscriber").check();
    expect(await shownRequest(page)).toContain("CreateApiKey");
    await field(page, "Rooms").fill("class-*");
    await page.keyboard.press("Enter");
    const key = await page
      .getByRole("dialog")
      .getByText(/^stagepass_/)
      .textContent();
    const { data } = await closed.graphql(
      "{ videoCaller { scopes videoGrant { roles names } } }",
      {},
      key ?? "",
    );
    expect(data.videoCaller).toEqual({
      scopes: ["tokens:create"],
      videoGrant: { roles: ["SUBSCRIBER"], names: ["class-*"] },
    });
  });
});
