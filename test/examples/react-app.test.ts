import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { build, preview } from "vite";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { JWT_SECRET } from "../support/callers.ts";
import { closeBrowser, itInBrowser } from "../support/console.ts";
import { startServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const APP = join(import.meta.dirname, "../../examples/react-app");
const TSC = join(import.meta.dirname, "../../node_modules/typescript/bin/tsc");
const run = promisify(execFile);
/** Of one test, in milliseconds. */
const TIMEOUT = 180_000;
/** On a busy machine, a page is slow. */
const PATIENT = { timeout: 30_000 };

const built = temporaryFolder(afterAll);
beforeAll(async () => {
  await build({
    configFile: join(APP, "vite.config.ts"),
    logLevel: "error",
    build: { outDir: built, emptyOutDir: true },
  });
}, TIMEOUT);
afterAll(closeBrowser);

/** The page in front of a server, in one browser profile. */
async function application(browser: Browser, env?: Record<string, string>) {
  const server = await startServer(env);
  let isOpen = true;
  const stop = async () => {
    if (isOpen) await server.close();
    isOpen = false;
  };
  onTestFinished(stop);
  const target = { target: server.origin, ws: true };
  const site = await preview({
    configFile: join(APP, "vite.config.ts"),
    logLevel: "silent",
    build: { outDir: built },
    preview: { port: 0, host: "127.0.0.1", proxy: { "/graphql": target, "/local": target } },
  });
  onTestFinished(() => site.close());
  const context = await browser.newContext({ baseURL: site.resolvedUrls?.local[0] });
  onTestFinished(() => context.close());
  return { server, site, context, stop };
}

/** Fills the form in a new tab, and joins. */
async function joinAs(context: BrowserContext, name: string, moderator = false): Promise<Page> {
  const page = await context.newPage();
  await page.goto("/");
  await page.getByLabel("Your name").fill(name);
  if (moderator) await page.getByLabel("As a moderator").check();
  await page.getByRole("button", { name: "Join" }).click();
  return page;
}

/** Waits until the page shows the participants with these names. */
async function shows(page: Page, names: readonly string[]): Promise<void> {
  for (const name of names)
    await page.getByRole("listitem").filter({ hasText: name }).first().waitFor(PATIENT);
}

const alertOf = async (page: Page) => (await page.getByRole("alert").first().textContent(PATIENT))?.trim();

it(
  "has types that fit the kit",
  async () => {
    const { stdout } = await run(process.execPath, [TSC, "-p", APP]).catch((error) => error);
    expect(stdout).toBe("");
  },
  TIMEOUT,
);

itInBrowser(
  "two people join, and one removes and bans the other, who learns why",
  async (browser) => {
    const { context } = await application(browser);
    const ann = await joinAs(context, "Ann", true);
    await shows(ann, ["Ann (you)"]);
    const ben = await joinAs(context, "Ben");
    await shows(ben, ["Ann", "Ben (you)"]);
    await shows(ann, ["Ben"]);
    for (const page of [ann, ben]) {
      await page.locator(".OT_publisher").waitFor(PATIENT);
      await page.locator(".OT_subscriber").waitFor(PATIENT);
    }
    expect(await ben.getByRole("button", { name: "Remove Ann" }).count()).toBe(0);

    await ben.getByLabel("Message").fill("Hello");
    await ben.getByRole("button", { name: "Send" }).click();
    for (const page of [ann, ben]) await page.getByText("Ben: Hello").waitFor(PATIENT);

    await ann.getByRole("button", { name: "Mute Ben" }).click();
    await ben.getByRole("button", { name: "Unmute" }).waitFor(PATIENT);

    await ann.getByRole("button", { name: "Remove Ben" }).click();
    expect(await alertOf(ben)).toBe("A moderator removed you from the room.");
    for (const gone of [ann.getByRole("button", { name: "Remove Ben" }), ann.locator(".OT_subscriber")])
      await gone.waitFor({ state: "detached", ...PATIENT });

    await ben.getByRole("button", { name: "Join" }).click();
    await shows(ben, ["Ben (you)"]);
    await ann.getByRole("button", { name: "Ban Ben for an hour" }).click();
    expect(await alertOf(ben)).toBe("A moderator removed you from the room.");
    await ben.getByRole("button", { name: "Join" }).click();
    await ben.getByRole("button", { name: "Back" }).waitFor(PATIENT);
    expect(await alertOf(ben)).toMatch(/^You can join this room again after /);
  },
  TIMEOUT,
);

itInBrowser(
  "a full room and a missing login say so",
  async (browser) => {
    const { server, context } = await application(browser);
    await server.graphql(
      'mutation { ensureSession(name: "standup", mediaMode: ROUTED, maxParticipants: 1) { id } }',
    );
    const ann = await joinAs(context, "Ann");
    await shows(ann, ["Ann (you)"]);
    const ben = await joinAs(context, "Ben");
    expect(await alertOf(ben)).toMatch("The room is full.");
    // The page asks again by itself, but the user need not wait for that.
    await ann.getByRole("button", { name: "Leave" }).click();
    await ann.getByLabel("Your name").waitFor(PATIENT);
    await expect
      .poll(async () => {
        const retry = ben.getByRole("button", { name: "Try again" });
        if (await retry.isVisible()) await retry.click();
        return ben.getByText("Ben (you)").isVisible();
      }, PATIENT)
      .toBe(true);

    const { context: strangers } = await application(browser, { AUTH_JWT_SECRET: JWT_SECRET });
    const page = await joinAs(strangers, "Ann");
    expect(await alertOf(page)).toBe("You are not logged in. Log in, and try again.");
  },
  TIMEOUT,
);

itInBrowser(
  "a slow, a failing and a stopped server have their own screens",
  async (browser) => {
    const { context, site, stop } = await application(browser);
    const fault = (value: string) => context.setExtraHTTPHeaders({ "x-stagepass-fault": value });
    await fault("PLATFORM_UNAVAILABLE");
    const page = await joinAs(context, "Ann");
    expect(await alertOf(page)).toMatch(
      /^The video platform does not answer.*The page tries again by itself\.$/,
    );
    await page.getByRole("button", { name: "Back" }).click();

    await fault("SLOW=3000");
    await page.getByRole("button", { name: "Join" }).click();
    await page.getByText("Joining…").waitFor(PATIENT);
    await shows(page, ["Ann (you)"]);

    await stop();
    expect(await alertOf(page)).toBe("The connection to the room was lost.");
    await site.close();
    await page.getByRole("button", { name: "Join" }).click();
    await page.getByRole("button", { name: "Back" }).waitFor(PATIENT);
    expect(await alertOf(page)).toMatch("The server cannot be reached.");
  },
  TIMEOUT,
);
