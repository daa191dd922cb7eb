import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { CHROMIUM } from "../support/browser.ts";
import { closeBrowser, itInBrowser, withConsole } from "../support/console.ts";
import { joins, publishes, send, WEBHOOK_SECRET } from "../support/room-events.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Where the pictures are put: in `docs` by `npm run screenshots`, and otherwise nowhere for long. */
const { STAGEPASS_SCREENSHOTS: kept } = process.env;

const HOUR = 3_600_000;

if (kept && CHROMIUM === null) throw new Error("no Chromium was found; CHROMIUM_PATH says where one is");

/** How many hours ago the server's clock says it is. */
let ago = 0;
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ CONSOLE: "on", WEBHOOK_SECRET }, () => new Date(Date.now() - ago * HOUR));
  await fill();
});
afterAll(async () => {
  await closeBrowser();
  await server.close();
});

/** A day of a small company. */
async function fill(): Promise<void> {
  const rooms = ["standup", "support-4711", "interview-7", "all-hands"];
  for (ago = 23; ago > 0; ago--) {
    const { data } = await server.graphql(
      "mutation($name: String!) { ensureSession(name: $name, mediaMode: ROUTED) { id } }",
      { name: rooms[ago % 4 === 0 && ago < 12 ? 3 : ago % 3] },
    );
    const people = Math.round(14 + 12 * Math.sin(ago / 3.5) + (ago % 4));
    const requests = [
      { role: "MODERATOR" },
      ...Array(people).fill({ role: "PUBLISHER" }),
      ...Array(Math.round(people / 2)).fill({ role: "SUBSCRIBER" }),
      ...Array(ago % 3).fill({ role: "PUBLISHER_ONLY" }),
    ];
    await server.graphql(
      "mutation($id: ID!, $requests: [TokenRequest!]!) { generateTokens(sessionId: $id, requests: $requests) { __typename } }",
      { id: data.ensureSession.id, requests },
    );
  }
}

/** Two people in a room, of whom one publishes. */
async function meet(name: string): Promise<void> {
  const { data } = await server.graphql(
    `mutation($name: String!) {
      ensureSession(name: $name, mediaMode: ROUTED) {
        id
        ann: generateToken(role: MODERATOR, identity: "ann", data: "ann") { token }
        bob: generateToken(identity: "bob", data: "bob") { token }
      }
    }`,
    { name },
  );
  const sessionId = data.ensureSession.id;
  const now = Date.now();
  const guest = (name: string) => ({ sessionId, connectionId: name, joinedAt: now, data: name });
  const [ann, bob] = [guest("ann"), guest("bob")];
  await send(server, [joins(ann), joins(bob), publishes(ann, "screen", now, "screen")]);
}

async function shoot(page: Page, name: string): Promise<void> {
  const folder = kept ?? temporaryFolder();
  mkdirSync(folder, { recursive: true });
  await page.evaluate(() => scrollTo(0, 0));
  // What is still loading, or fading, is not for a picture.
  await page.waitForTimeout(500);
  const path = join(folder, name);
  await page.screenshot({ path });
  expect(readFileSync(path).length).toBeGreaterThan(20_000);
}

const viewport = { width: 1200, height: 860 };

itInBrowser("there is a picture of the sessions, in the light scheme", (browser) =>
  withConsole(
    browser,
    server.origin,
    async (page) => {
      await page.locator(".chart canvas").waitFor();
      await shoot(page, "console.png");
    },
    { viewport, colorScheme: "light" },
  ),
);

itInBrowser("there is a picture of a session, in the dark scheme", (browser) =>
  withConsole(
    browser,
    server.origin,
    async (page) => {
      await meet("standup");
      await page.getByRole("link", { name: /standup/ }).click();
      await page
        .getByRole("region", { name: /Participants/ })
        .getByRole("list")
        .first()
        .waitFor();
      await page.getByLabel("Role").selectOption("Moderator");
      await page.getByLabel("Connection data").fill("username=ann");
      await page.getByRole("button", { name: "Generate a token" }).click();
      await page.getByText("Join with the client SDK").click();
      await shoot(page, "console-session.png");
    },
    { viewport, colorScheme: "dark" },
  ),
);
