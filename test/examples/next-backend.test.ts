import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { decodeJwt } from "jose";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { CHROMIUM, launchChromium } from "../support/browser.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/next-backend", import.meta.url));
const IS_INSTALLED = existsSync(join(EXAMPLE, "node_modules"));
/** Next compiles each page at its first request, in milliseconds. */
const TIMEOUT = 300_000;

if (!IS_INSTALLED) {
  process.stderr.write(
    "Tests of examples/next-backend are skipped: run npm ci --prefix examples/next-backend\n",
  );
}

describe.skipIf(!IS_INSTALLED || CHROMIUM === null)("examples/next-backend", { timeout: TIMEOUT }, () => {
  let example: { readonly url: string; stop(): Promise<void> };
  let browser: Browser;
  beforeAll(async () => {
    // The example has a copy of the kit, which may be older than the build.
    for (const part of ["package.json", "dist"])
      cpSync(`packages/client/${part}`, join(EXAMPLE, "node_modules/@stagepass/client", part), {
        recursive: true,
      });
    [example, browser] = await Promise.all([startExample(), launchChromium()]);
  }, TIMEOUT);
  afterAll(async () => {
    await browser?.close();
    await example?.stop();
  }, TIMEOUT);

  /** A browser of a user's own. Nothing may fail in its pages. */
  async function openHome(): Promise<{ context: BrowserContext; page: Page }> {
    const context = await browser.newContext({ baseURL: example.url });
    const problems: string[] = [];
    onTestFinished(async () => {
      await context.close();
      expect(problems).toEqual([]);
    });
    const page = await context.newPage();
    page.on("pageerror", ({ message }) => problems.push(message));
    page.setDefaultTimeout(TIMEOUT / 2);
    await page.goto("/");
    return { context, page };
  }

  async function signIn(user: string) {
    const opened = await openHome();
    await opened.page.getByRole("button", { name: user }).click();
    await opened.page.getByRole("heading", { name: `Rooms of ${user}` }).waitFor();
    return opened;
  }

  async function joinStandup(user: string): Promise<Page> {
    const { page } = await signIn(user);
    await page.getByRole("link", { name: "standup" }).click();
    await page.getByText(`You are in the call as ${user}.`).waitFor();
    return page;
  }

  const others = (page: Page) => page.getByRole("list", { name: "Others" });

  it("lets two users join, and a moderator show one out, who learns why", async () => {
    const [ada, ben] = await Promise.all([joinStandup("Ada"), joinStandup("Ben")]);
    await others(ada).getByText("Ben").waitFor();
    await others(ben).getByText("Ada").waitFor();
    await ada.locator(".OT_subscriber", { hasText: "Ben" }).waitFor();
    await ben.locator(".OT_subscriber", { hasText: "Ada" }).waitFor();
    expect(await ben.getByRole("button", { name: "Show out" }).count()).toBe(0);

    // Until the platform's event has come, the page asks to try again.
    await expect
      .poll(
        async () => {
          const button = ada.getByRole("button", { name: "Show out" });
          if (await button.isVisible()) await button.click();
          return ben.getByRole("status").textContent();
        },
        { timeout: TIMEOUT, interval: 1000 },
      )
      .toBe("A moderator showed you out.");
    await expect.poll(() => others(ada).textContent(), { timeout: TIMEOUT }).toBe("");

    await ben.getByRole("button", { name: "Join again" }).click();
    await others(ada).getByText("Ben").waitFor();
  });

  it("refuses a room that is not the user's", async () => {
    const { page } = await signIn("Cleo");
    await page.goto("/rooms/planning");
    await page.getByText("Not allowed: the caller may not use this name").waitFor();
    expect(await page.getByRole("button", { name: "Try again" }).count()).toBe(1);
  });

  it("gives no credential to somebody who is not signed in", async () => {
    const { context, page } = await openHome();
    const forged = { name: "session", value: "e30.e30.e30", url: example.url };
    expect((await context.request.post("/api/access-token")).status()).toBe(401);
    await context.addCookies([forged]);
    expect((await context.request.post("/api/access-token")).status()).toBe(401);
    await page.goto("/rooms/standup");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  it("binds the credential to the user, whatever the request says", async () => {
    const { context } = await signIn("Ben");
    const response = await context.request.post("/api/access-token?user=Ada", { data: { user: "Ada" } });
    expect(response.headers()["cache-control"]).toBe("no-store");
    expect(decodeJwt((await response.json()).accessToken)).toMatchObject({
      sub: "Ben",
      scope: "sessions:create tokens:create",
      video_grant: { roles: ["PUBLISHER"], identity: "Ben", data: "Ben" },
    });
  });

  it("has types that fit", async () => {
    await promisify(execFile)("npm", ["run", "check", "--silent"], { cwd: EXAMPLE });
  });
});

/** Runs the example's one command, in a process group of its own. */
async function startExample() {
  const folder = mkdtempSync(join(tmpdir(), "stagepass-next-"));
  const [port, videoPort] = await freePorts();
  const child = spawn("npm", ["run", "dev"], {
    cwd: EXAMPLE,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      PORT: `${port}`,
      VIDEO_PORT: `${videoPort}`,
      DATABASE_URL: `file:${join(folder, "stagepass.db")}`,
    },
    detached: true,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      output += chunk;
    });
  const ended = once(child, "close");
  while (!(output.includes("Stagepass serves") && output.includes("Ready in"))) {
    if (child.exitCode !== null) throw new Error(`it has ended: ${output}`);
    await Promise.race([once(child.stdout, "data"), ended]);
  }
  return {
    url: `http://localhost:${port}`,
    async stop() {
      if (child.exitCode !== null) throw new Error(`it ended early: ${output}`);
      if (child.pid) process.kill(-child.pid, "SIGTERM");
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/** Two ports that nobody listens on. */
async function freePorts(): Promise<number[]> {
  const servers = [createServer(), createServer()];
  const ports = [];
  for (const server of servers) {
    await once(server.listen(0, "127.0.0.1"), "listening");
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) server.close();
  return ports;
}
