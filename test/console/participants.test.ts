import { afterAll, expect } from "vitest";
import { closeBrowser, inBrowserAtOnce, withConsole } from "../support/console.ts";
import { field, openSession } from "../support/console-pages.ts";
import { joins, leaves, publishes, send, WEBHOOK_SECRET } from "../support/room-events.ts";
import { startServer } from "../support/server.ts";

const server = await startServer({ CONSOLE: "on", WEBHOOK_SECRET });
afterAll(async () => {
  await closeBrowser();
  await server.close();
});

const test = inBrowserAtOnce("a participant");

test("is shown while it is in the session, with what it publishes and who it is", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    const sessionId = await openSession(page, server);
    const participants = page.getByRole("region", { name: /Participants/ });
    await participants.getByText("Nobody is in this session now.").waitFor();
    await field(page, "Role").selectOption("Moderator");
    await field(page, "Connection data").fill("username=ann");
    await field(page, "Identity").fill("user-42");
    await page.getByRole("button", { name: "Generate a token" }).click();
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
    const row = (text: string) => participants.getByRole("row").filter({ hasText: text });
    await row("user-42")
      .getByText(/^Screen: stream 1-/)
      .waitFor();
    await row("user-42")
      .getByText(/^Audio: stream 2-/)
      .waitFor();
    expect(await row("user-42").getByText("Moderator").count()).toBe(1);
    expect(await row("username=bob").count()).toBe(1);
    expect(await row(carl.connectionId).count()).toBe(1);
    expect(await participants.locator(".count").textContent()).toBe("3");

    await send(server, [leaves(ann, now + 1)]);
    await expect.poll(() => row("user-42").count()).toBe(0);
    expect(await participants.locator(".count").textContent()).toBe("2");
  }));

test("has an identity of its own, one on each line, where many tokens are generated", (browser) =>
  withConsole(browser, server.origin, async (page) => {
    await openSession(page, server);
    await field(page, "How many").fill("2");
    await field(page, "Identity").fill("user-1\nuser-2\nuser-3");
    await page.getByText("3 lines are too many for 2 tokens.").waitFor();
    await field(page, "Identity").fill("user-1\nuser-2\n");
    await page.getByRole("button", { name: "Generate 2 tokens" }).click();
    for (const name of ["user-1", "user-2"]) await page.getByRole("cell", { name }).waitFor();
  }));
