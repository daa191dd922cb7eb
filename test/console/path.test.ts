import { afterAll, describe, expect, it } from "vitest";
import { snippets } from "../docs/markdown.ts";
import { closeBrowser, itInBrowser, withConsole } from "../support/console.ts";
import { shownSession, startConsole } from "../support/console-pages.ts";
import { HAS_NGINX, startProxy } from "../support/proxy.ts";

afterAll(closeBrowser);

/** A console under `/video/`, behind nginx as the documents configure it. */
async function startUnderPath(env: Record<string, string> = {}) {
  const server = await startConsole(env);
  const { port } = new URL(server.origin);
  const [{ code } = { code: "" }] = snippets("docs/operations.md").filter(
    ({ language }) => language === "nginx",
  );
  const { port: front } = await startProxy([Number(port), Number(port)], "nginx", code.replace("4000", port));
  return { server, url: `http://127.0.0.1:${front}/video/` };
}

describe.skipIf(!HAS_NGINX)("under a path that a proxy removes", () => {
  it("GraphQL is below it, and the path without its slash leads to the console", async () => {
    const { url } = await startUnderPath();
    const answer = await fetch(`${url}graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"query":"{ __typename }"}',
    });
    expect(await answer.json()).toEqual({ data: { __typename: "Query" } });
    const { status, headers } = await fetch(url.slice(0, -1), { redirect: "manual" });
    expect([status, headers.get("location")]).toEqual([301, expect.stringMatching(/\/video\/$/)]);
  });

  itInBrowser(
    "the console works: its files, the API, a page of its own and Apollo Sandbox",
    async (browser) => {
      const { url } = await startUnderPath();
      await withConsole(browser, url, async (page) => {
        const asked: string[] = [];
        page.on("response", (response) =>
          asked.push(`${response.status()} ${new URL(response.url()).pathname}`),
        );
        await page.reload();
        await page.getByText("Show as a table").waitFor();
        await page.getByRole("button", { name: "New session" }).click();
        await page.getByRole("button", { name: "Create session" }).click();
        const sessionId = await shownSession(page);
        expect(page.url()).toBe(`${url}#/sessions/${sessionId}`);
        await page.reload();
        await page.getByRole("heading", { name: "Generate tokens" }).waitFor();
        expect(page.url()).toBe(`${url}#/sessions/${sessionId}`);
        expect(asked.filter((each) => !/^(200|304) \/video\/($|assets\/|graphql$)/.test(each))).toEqual([]);
        expect(asked.join()).toMatch(/\/video\/assets\/bars-/);
        const sandbox = page.getByRole("link", { name: "Apollo Sandbox" });
        expect(await sandbox.evaluate((link: HTMLAnchorElement) => link.href)).toBe(`${url}graphql`);
      });
    },
  );
});
