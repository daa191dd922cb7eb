import type { Locator, Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import { startServer, type TestServer } from "./server.ts";

/** A server with the console for one test. */
export async function startConsole(env: Record<string, string> = {}): Promise<TestServer> {
  const server = await startServer({ CONSOLE: "on", ...env });
  onTestFinished(() => server.close());
  return server;
}

/** A session, as the server stores it. */
export async function sessionOf(server: TestServer, sessionId: string) {
  const { data } = await server.graphql(
    `query($sessionId: ID!) { session(sessionId: $sessionId) {
      name mediaMode archiveMode archiveName archiveResolution location e2ee
      issuedTokens(first: 100) { nodes { role } } } }`,
    { sessionId },
  );
  return data.session;
}

/** The ID of the session on the current page. */
export async function shownSession(page: Page): Promise<string> {
  await page.waitForURL("**/#/sessions/*");
  return page.url().split("/sessions/")[1] ?? "";
}

/** The control with this label. */
export const field = (page: Page, label: string): Locator => page.getByLabel(label, { exact: true });

/** The text below a field. */
export async function errorBelow(control: Locator): Promise<string> {
  await expect.poll(() => control.getAttribute("aria-invalid")).toBe("true");
  const ids = (await control.getAttribute("aria-describedby"))?.split(" ") ?? [];
  return (
    (await control
      .page()
      .locator(`[id="${ids.at(-1)}"]`)
      .textContent()) ?? ""
  );
}

/** Opens the form for a new session, with its rare options. */
export async function openForm(page: Page): Promise<void> {
  await page.getByRole("button", { name: "New session" }).click();
  await page.getByText("More options").click();
}

/** Opens the page of a new session. */
export async function openSession(page: Page, server: TestServer): Promise<string> {
  const sessionId = await server.createSession();
  await page.goto(`/#/sessions/${sessionId}`);
  await page.getByRole("heading", { name: "Generate tokens" }).waitFor();
  return sessionId;
}

/** The request that the open dialog sends, as curl. */
export async function shownRequest(page: Page): Promise<string> {
  const dialog = page.getByRole("dialog");
  await dialog.getByText("As curl, GraphQL or hook").click();
  return (await dialog.getByRole("region", { name: /^The request/ }).textContent()) ?? "";
}
