import axe from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, expect } from "vitest";
import { JWT_SECRET, signedJwt } from "../support/callers.ts";
import { closeBrowser, inBrowserAtOnce, signIn, withConsole } from "../support/console.ts";
import { field, openSession, shownRequest } from "../support/console-pages.ts";
import { joins, leaves, publishes, send, WEBHOOK_SECRET } from "../support/room-events.ts";
import { startServer } from "../support/server.ts";

const server = await startServer({ CONSOLE: "on", WEBHOOK_SECRET });
const closed = await startServer({ CONSOLE: "on", AUTH_JWT_SECRET: JWT_SECRET });
afterAll(async () => {
  await closeBrowser();
  await Promise.all([server.close(), closed.close()]);
});

const test = inBrowserAtOnce("the room");

const participants = (page: Page) => page.getByRole("region", { name: /Participants/ });
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const inDialog = (page: Page, name: string) =>
  page.getByRole("dialog").getByRole("button", { name, exact: true });

/** Opens a guest's tab from the page of the session. */
async function guest(page: Page, name: string, role: string): Promise<Page> {
  await button(page, "Join as a guest…").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Role", { exact: true }).selectOption(role);
  await dialog.getByLabel("Connection data", { exact: true }).fill(name);
  expect(await shownRequest(page)).toContain(`"data": "${name}"`);
  const [tab] = await Promise.all([page.waitForEvent("popup"), inDialog(page, "Join").click()]);
  await tab.getByText("You are in the session.").waitFor();
  expect(tab.url()).toMatch(/#\/guest$/);
  return tab;
}

/** What axe-core finds wrong, and whether the page is too wide. */
async function problems(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run(document);
    const { scrollWidth, clientWidth } = document.documentElement;
    return [
      ...violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`)),
      ...(scrollWidth > clientWidth ? ["too wide"] : []),
    ];
  });
}

for (const options of [
  { colorScheme: "light" },
  { colorScheme: "dark", viewport: { width: 360, height: 740 } },
] as const)
  test(`shows guests live, and acts on them, in the ${options.colorScheme} scheme`, (browser) =>
    withConsole(
      browser,
      server.origin,
      async (page) => {
        await openSession(page, server);
        await participants(page).getByText("Live", { exact: true }).waitFor();
        const [ann, bob] = [await guest(page, "ann", "Moderator"), await guest(page, "bob", "Publisher")];
        await button(bob, "Publish a stream").click();
        await participants(page).getByText("Camera: bob").waitFor();
        await expect.poll(() => participants(page).locator(".count").textContent()).toBe("2");
        await ann.locator(".OT_subscriber", { hasText: "bob" }).waitFor();
        expect(await problems(page)).toEqual([]);
        expect(await problems(ann)).toEqual([]);

        await button(page, "Mute bob").click();
        await bob.getByText("Your stream was muted.").waitFor();

        await button(page, "Signal all…").click();
        await page.getByLabel("Type", { exact: true }).fill("chat");
        await page.getByLabel("Data", { exact: true }).fill("Hello");
        await inDialog(page, "Send").click();
        for (const tab of [ann, bob]) await tab.getByText("Signal “chat” from the server: Hello").waitFor();

        await button(page, "Show out… bob").click();
        await field(page, "Keep out of this session").selectOption("1 hour");
        expect(await shownRequest(page)).toContain('"until": "');
        expect(await problems(page)).toEqual([]);
        await inDialog(page, "Show out and ban").click();
        await bob.getByText("You were shown out: the server or a moderator disconnected you.").waitFor();
        await expect.poll(() => button(page, "Show out… bob").count()).toBe(0);

        // The ban keeps it out, until it is lifted.
        await button(bob, "Join again").click();
        await bob.getByText(/You were shown out:/).waitFor();
        await button(page, "Lift… the ban of Tokens with certain connection data").click();
        await inDialog(page, "Lift").click();
        await page.getByText("The ban was lifted.").waitFor();
        await button(bob, "Join again").click();
        await bob.getByText("You are in the session.").waitFor();
        await page.getByRole("button", { name: "Show out… bob", exact: true }).waitFor();

        // The moderator disconnects it with its own token.
        await button(ann, "Disconnect bob").click();
        await bob.getByText(/You were shown out:/).waitFor();
        await button(ann, "Leave").click();
        await ann.getByText("You left.").waitFor();
        await expect.poll(() => button(page, "Show out… bob").count()).toBe(0);
      },
      options,
    ));

test("shows who is there by the platform's events, with what it publishes and who it is", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const sessionId = await openSession(page, server);
    await participants(page).getByText("Nobody is in this session now.").waitFor();
    await field(page, "Role").selectOption("Moderator");
    await field(page, "Connection data").fill("username=ann");
    await field(page, "Identity").fill("user-42");
    await button(page, "Generate a token").click();
    await page.getByRole("cell", { name: "user-42" }).waitFor();

    const now = Date.now();
    const ann = { sessionId, connectionId: `ann-${sessionId}`, joinedAt: now, data: "username=ann" };
    const bob = { sessionId, connectionId: `bob-${sessionId}`, joinedAt: now - 1, data: "username=bob" };
    const carl = { sessionId, connectionId: `carl-${sessionId}`, joinedAt: now - 2 };
    await send(server, [ann, bob, carl].map(joins));
    await send(server, [
      publishes(ann, `1-${sessionId}`, now, "screen"),
      publishes(ann, `2-${sessionId}`, now),
    ]);
    const row = (text: string) => participants(page).getByRole("listitem").filter({ hasText: text });
    await row("user-42")
      .getByText(/^Screen: stream 1-/)
      .waitFor();
    await row("user-42")
      .getByText(/^Audio: stream 2-/)
      .waitFor();
    expect(await row("user-42").getByText("Moderator").count()).toBe(1);
    expect(await row("username=bob").count()).toBe(1);
    expect(await row(carl.connectionId).count()).toBe(1);
    expect(await participants(page).locator(".count").textContent()).toBe("3");

    await send(server, [leaves(ann, now + 1)]);
    await expect.poll(() => row("user-42").count()).toBe(0);
    await expect.poll(() => participants(page).locator(".count").textContent()).toBe("2");

    // One identity on each line, and as many tokens as lines.
    await field(page, "Connection data").fill("");
    await field(page, "Identity").fill("user-1\nuser-2\n");
    await button(page, "Generate 2 tokens").click();
    for (const name of ["user-1", "user-2"]) await page.getByRole("cell", { name }).waitFor();
  }));

test("offers no acts to a caller that may only look", async (browser) => {
  const grant = { sessions: ["*"] };
  const all = signedJwt({ sub: "all", scope: "sessions:create", video_grant: grant });
  const { data } = await closed.graphql("mutation { createSession { sessionId } }", {}, all);
  await withConsole(browser, closed.origin, async (page) => {
    await signIn(
      page,
      signedJwt({ sub: "eve", scope: "sessions:read participants:read", video_grant: grant }),
    );
    await page.getByRole("link", { name: "Sessions", exact: true }).waitFor();
    await page.goto(`/#/sessions/${data.createSession.sessionId}`);
    await participants(page).getByText("Live", { exact: true }).waitFor();
    expect(await participants(page).getByRole("button").count()).toBe(0);
    expect(await page.getByRole("region", { name: "Bans" }).count()).toBe(0);
    expect(await page.getByRole("link", { name: /Bans|API keys/ }).count()).toBe(0);
  });
});

test("makes a key, shows it once, and revokes it", async (browser) => {
  const key = signedJwt({
    sub: "admin",
    scope: "keys:manage sessions:create sessions:read tokens:create",
    video_grant: { sessions: ["*"], names: ["*"], roles: ["SUBSCRIBER", "PUBLISHER"] },
  });
  await withConsole(browser, closed.origin, async (page) => {
    await signIn(page, key);
    await page.getByRole("link", { name: "API keys" }).click();
    await button(page, "New key…").click();
    await page.getByLabel("Name", { exact: true }).fill("shop");
    await inDialog(page, "Make the key").click();
    const made = await page
      .getByRole("dialog")
      .getByText(/^stagepass_/)
      .textContent();
    expect(await problems(page)).toEqual([]);
    await inDialog(page, "Close").click();
    const ask = () => closed.graphql("{ videoCaller { subject } }", {}, made ?? "");
    expect((await ask()).data.videoCaller.subject).toBe("shop");
    await button(page, "Revoke… shop").click();
    await inDialog(page, "Revoke for good").click();
    await page.getByText("shop was revoked.").waitFor();
    await expect.poll(async () => (await ask()).status, { timeout: 30_000 }).toBe(401);
  });
});
