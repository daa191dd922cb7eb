import axe from "axe-core";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { closeBrowser, inBrowserAtOnce, itInBrowser, withConsole } from "../support/console.ts";
import { LONG } from "../support/long.ts";
import { joins, publishes, send, WEBHOOK_SECRET } from "../support/room-events.ts";
import { startServer, type TestServer } from "../support/server.ts";

let open: TestServer;
let closed: TestServer;
beforeAll(async () => {
  open = await startServer({ CONSOLE: "on", WEBHOOK_SECRET });
  closed = await startServer({ CONSOLE: "on", AUTH_JWT_SECRET: JWT_SECRET });
});
afterAll(async () => {
  await closeBrowser();
  await Promise.all([open.close(), closed.close()]);
});

/** Lets axe-core look at the page as it is; what it finds wrong is in the error. */
async function noViolation(page: Page): Promise<void> {
  // A page that is still on its way has no heading.
  await page.locator("h1").first().waitFor({ state: "attached" });
  // Through the debugger, which the page's Content-Security-Policy does not bind.
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run(document);
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
  });
  expect(found.join("\n")).toBe("");
}

/** Whether anything is wider than the screen. */
const overflows = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** Every state of every page, each checked. */
async function visit(page: Page, check: () => Promise<void>): Promise<void> {
  const many = await open.createSession();
  await open.graphql(
    `mutation($id: ID!, $requests: [TokenRequest!]!) { generateTokens(sessionId: $id, requests: $requests) { __typename } }`,
    { id: many, requests: Array(12).fill({ role: "PUBLISHER_ONLY" }) },
  );
  const guest = { sessionId: many, connectionId: many, joinedAt: Date.now(), data: "x".repeat(100) };
  await send(open, [joins(guest)]);
  await send(open, [publishes(guest, many, Date.now(), "camera")]);
  await page.locator(".chart canvas").waitFor();
  await page.getByText("Show as a table").click();
  await page.getByLabel("Created").selectOption("Between…");
  await page.getByLabel("Find by name or ID").fill("nobody");
  await page.getByText("No session matches.").waitFor();
  await button(page, "Open").click();
  await page.getByText("has this name").waitFor();
  await check();
  await button(page, "New session").click();
  await page.getByLabel("With a name").check();
  await page.getByText("More options").click();
  await button(page, "Open or create session").click();
  await page.getByText("Enter a name.").waitFor();
  await check();
  await page.keyboard.press("Escape");

  await page.goto(`/#/sessions/${many}`);
  await page
    .getByRole("region", { name: /Participants/ })
    .getByRole("list")
    .first()
    .waitFor();
  await page
    .getByRole("region", { name: /Issued tokens/ })
    .getByRole("table")
    .waitFor();
  await page
    .getByLabel("Connection data")
    .fill(`username=ann-of-a-very-long-name-${"x".repeat(60)}\n${"x".repeat(1001)}`);
  await button(page, "Generate 2 tokens").click();
  await page.getByRole("alert").waitFor();
  await page.getByText("Join with the client SDK").first().click();
  await page.getByText("As curl, GraphQL or hook").click();
  await check();
  for (const act of ["Join as a guest…", "Signal all…", "Mute all…", "Set a limit…", "Ban an identity…"]) {
    await button(page, act).click();
    await page.getByRole("dialog").waitFor();
    await check();
    await page.keyboard.press("Escape");
  }

  await page.getByRole("link", { name: "Inspect this token" }).first().click();
  await check();
  await button(page, "Inspect").click();
  await page.getByText("Valid").waitFor();
  await check();
  await page.getByLabel("Token", { exact: true }).fill("hello");
  await button(page, "Inspect").click();
  await page.getByText("Not valid").waitFor();
  await check();
  await page.getByLabel("Token", { exact: true }).fill(`eyJhbGciOiJIUzI1NiJ9.${btoa('{"exp":1}')}.c2ln`);
  await button(page, "Inspect").click();
  await page.getByText("Claims, not verified").waitFor();
  await check();

  await page.goto("/#/bans?show=all");
  await button(page, "Ban an identity…").click();
  await button(page, "Ban").click();
  await page.getByText("Enter an identity.").waitFor();
  await check();
  await page.getByLabel("Identity to ban").fill(`somebody-${"x".repeat(90)}`);
  await button(page, "Ban").click();
  await page.getByRole("listitem").filter({ hasText: "somebody" }).first().waitFor();
  await check();

  await page.goto("/#/keys");
  await button(page, "New key…").click();
  await page.getByLabel("It may").selectOption("My own choice…");
  await button(page, "Make the key").click();
  await page.getByText("Choose at least one scope.").waitFor();
  await check();
  await page.keyboard.press("Escape");

  await page.goto("/#/tokens");
  await page.getByRole("table").waitFor();
  await check();
  await page
    .getByRole("button", { name: /^Revoke token/ })
    .first()
    .click();
  await page.getByRole("dialog").waitFor();
  await check();
}

const NARROW = { width: 360, height: 740 };
/** Each scheme and each width; the long form has each scheme at each width. */
const SCREENS: Record<string, BrowserContextOptions> = {
  "in the light scheme": { colorScheme: "light" },
  "in the dark scheme on a screen 360 pixels wide": { colorScheme: "dark", viewport: NARROW },
  ...(LONG && {
    "in the dark scheme": { colorScheme: "dark" },
    "in the light scheme on a screen 360 pixels wide": { colorScheme: "light", viewport: NARROW },
  }),
};

const findsNothingWrong = inBrowserAtOnce("axe-core finds nothing wrong");

for (const [screen, options] of Object.entries(SCREENS)) {
  findsNothingWrong(`${screen} with any page, and nothing is too wide`, (browser) =>
    withConsole(
      browser,
      open.origin,
      (page) =>
        visit(page, async () => {
          await noViolation(page);
          expect(await overflows(page)).toBe(false);
          // What counts down would be read out each second.
          expect(await page.locator("[aria-live] time, [role=status] time, [role=alert] time").count()).toBe(
            0,
          );
        }),
      options,
    ),
  );

  findsNothingWrong(`${screen} with the sign-in`, (browser) =>
    withConsole(
      browser,
      closed.origin,
      async (page) => {
        await page.getByLabel("Bearer token or API key").fill(signedJwt({ ...EVERYTHING, exp: 1 }));
        await noViolation(page);
        await button(page, "Sign in").click();
        await page.getByText(/expired/).waitFor();
        await noViolation(page);
        await page.getByLabel("Bearer token or API key").fill(signedJwt(EVERYTHING));
        await button(page, "Sign in").click();
        await button(page, "New session").waitFor();
        // As if the credential had expired.
        await page.route("**/graphql", (route) =>
          route.fulfill({
            status: 401,
            json: { errors: [{ message: "The JWT has expired", extensions: { code: "UNAUTHENTICATED" } }] },
          }),
        );
        await page.getByRole("dialog").waitFor();
        await noViolation(page);
        expect(await overflows(page)).toBe(false);
      },
      options,
    ),
  );
}

describe("with the keyboard alone", () => {
  itInBrowser("one creates a session, generates a token and inspects it", (browser) =>
    withConsole(browser, open.origin, async (page) => {
      const focused = () =>
        page.evaluate(() => {
          const element = document.activeElement;
          const label = element?.id && document.querySelector(`label[for="${element.id}"]`);
          return (label || element)?.textContent;
        });
      const tabTo = async (name: string) => {
        for (let tabs = 0; tabs < 60; tabs++) {
          await page.keyboard.press("Tab");
          if ((await focused()) === name) return;
        }
        throw new Error(`no way to ${name} by the tabulator`);
      };
      await button(page, "New session").waitFor();
      await page.keyboard.press("Tab");
      expect(await focused()).toBe("Skip to content");
      await page.keyboard.press("Enter");
      await tabTo("New session");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog", { name: "New session" }).waitFor();
      await page.keyboard.press("Escape");
      expect(await focused()).toBe("New session");
      await page.keyboard.press("Enter");
      await tabTo("Media mode");
      await page.keyboard.press("ArrowDown");
      await tabTo("Create session");
      await page.keyboard.press("Enter");
      await page.getByText("Routed", { exact: true }).waitFor();
      // The page that came is where one goes on.
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
      expect(await page.title()).toMatch(/^Session ….{8} · Stagepass$/);
      await tabTo("Connection data");
      await page.keyboard.type("username=bob");
      await tabTo("Generate a token");
      await page.keyboard.press("Enter");
      await page.getByRole("article").waitFor();
      await tabTo("Inspect this token");
      await page.keyboard.press("Enter");
      await tabTo("Inspect");
      await page.keyboard.press("Enter");
      await page.getByText(/^Valid on the local platform only/).waitFor();
    }),
  );
});

describe("the Content-Security-Policy", () => {
  const FORBIDDEN: Record<string, () => void> = {
    "an inline script": () => {
      const script = document.createElement("script");
      script.append("globalThis.ran = true");
      document.body.append(script);
    },
    "an inline style": () => {
      const style = document.createElement("style");
      style.append("body { color: red }");
      document.body.append(style);
    },
    "another origin": () => {
      fetch("https://example.com/").catch(() => {});
    },
    "markup made of text": () => {
      try {
        document.body.innerHTML = "<p>";
      } catch {}
    },
  };

  for (const [name, act] of Object.entries(FORBIDDEN)) {
    itInBrowser(`forbids ${name}, and the tests would hear of it`, async (browser) => {
      await expect(withConsole(browser, open.origin, (page) => page.evaluate(act))).rejects.toThrow(
        /forbids|Content Security Policy/,
      );
    });
  }
});
