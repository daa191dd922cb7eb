import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { it, type TestContext } from "vitest";
import { atOnce } from "./at-once.ts";
import { CHROMIUM, launchChromium } from "./browser.ts";

if (CHROMIUM === null) {
  process.stderr.write(
    "Tests of the console are skipped: no Chromium was found; CHROMIUM_PATH says where one is\n",
  );
}

/**
 * A test in a browser, skipped without one.
 *
 * @param timeout in milliseconds
 */
export function itInBrowser(
  name: string,
  test: (browser: Browser) => Promise<void>,
  timeout = 180_000,
): void {
  const inBrowser = async (context: TestContext) => {
    context.skip(CHROMIUM === null, "no Chromium was found");
    await test(await theBrowser());
  };
  it(name, inBrowser, timeout);
}

/** `atOnce` for tests in a browser, skipped without one. */
export function inBrowserAtOnce(group: string) {
  const test = atOnce(group, 180_000, it.skipIf(CHROMIUM === null));
  return (name: string, act: (browser: Browser) => Promise<void>) =>
    test(name, async () => act(await theBrowser()));
}

let browser: Promise<Browser> | undefined;

/** One browser for all tests of a file. */
function theBrowser(): Promise<Browser> {
  browser ??= launchChromium();
  return browser;
}

export async function closeBrowser(): Promise<void> {
  await (await browser?.catch(() => null))?.close();
  browser = undefined;
}

/**
 * Opens the console in its own profile while `use` runs. Nothing may break its Content-Security-Policy or fail in it.
 *
 * @param url an origin, or the console's path below it
 */
export async function withConsole(
  browser: Browser,
  url: string,
  use: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const context = await browser.newContext({ baseURL: url, ...options });
  const problems: string[] = [];
  try {
    await context.grantPermissions(["clipboard-read", "clipboard-write"], {
      origin: new URL(url).origin,
    });
    await context.exposeFunction("report", (problem: string) => problems.push(problem));
    await context.addInitScript(() => {
      addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) => {
        const { report } = globalThis as unknown as { report(problem: string): void };
        report(`${violatedDirective} forbids ${blockedURI} ${sample}`);
      });
    });
    const page = await context.newPage();
    page.on("pageerror", ({ message }) => problems.push(message));
    page.on("console", (message) => {
      // The browser reports the requests and sockets that tests make fail.
      if (
        message.type() === "error" &&
        !/^(Failed to load resource|WebSocket connection to)/.test(message.text())
      ) {
        problems.push(message.text());
      }
    });
    page.setDefaultTimeout(60_000);
    await page.goto("./");
    await use(page);
    // Reports of the page arrive later, and would be lost with the page.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
  } finally {
    await context.close();
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

/** Signs in with a credential. */
export async function signIn(page: Page, credential: string): Promise<void> {
  await page.getByLabel("Bearer token or API key").fill(credential);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** The text of the clipboard. */
export function clipboard(page: Page): Promise<string> {
  return page.evaluate(() => navigator.clipboard.readText());
}
