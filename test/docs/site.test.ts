import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSchema } from "graphql";
import { afterAll, beforeAll, expect, it } from "vitest";
import { schemaReference } from "../../docs/.vitepress/schema-reference.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { DOCUMENTS, headings, PART_READMES, ROOT, textOf } from "./markdown.ts";

const PAGES = [...DOCUMENTS, ...PART_READMES];
const site = temporaryFolder(afterAll);
const textOfSite = (path: string): string => readFileSync(join(site, path), "utf8");
const filesOf = (ending: string): string[] =>
  readdirSync(site, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(ending));
const attributes = (html: string, name: string): string[] =>
  [...html.matchAll(new RegExp(` ${name}="([^"]*)"`, "g"))].map(([, value = ""]) => value);

beforeAll(() => {
  execFileSync("npm", ["run", "docs", "--silent", "--", "--outDir", site], { cwd: ROOT, stdio: "pipe" });
}, 300_000);

it("has a page for each document, with its heading, and no other", () => {
  const pageOf = (document: string) =>
    document === "README.md" ? "index.html" : document.replace(/md$/, "html");
  expect(filesOf(".html").sort()).toEqual(["404.html", ...PAGES.map(pageOf)].sort());
  for (const document of PAGES) {
    const page = pageOf(document);
    const [heading] = headings(textOf(document));
    expect(/<h1[^>]*>([^<]*) </.exec(textOfSite(page))?.[1], page).toBe(heading);
  }
});

it("evaluates no braces in a page, and leaves none of the theme's unevaluated", () => {
  expect(textOfSite("docs/identity-providers.html")).toContain("{{user.public_metadata.video_grant}}");
  // This page shows templates of Vue.
  expect(filesOf(".html").filter((page) => textOfSite(page).includes("{{ "))).toEqual([
    "docs/clients/vue.html",
  ]);
});

it("links to files and anchors that exist", () => {
  const broken = filesOf(".html").flatMap((page) =>
    [...attributes(textOfSite(page), "href"), ...attributes(textOfSite(page), "src")]
      .map((link) => new URL(link, `http://site.invalid/${page}`))
      .filter(({ hostname, pathname, hash }) => {
        if (hostname !== "site.invalid") return false;
        const file = pathname === "/" ? "index.html" : pathname.slice(1);
        if (!existsSync(join(site, file))) return true;
        return hash !== "" && !attributes(textOfSite(file), "id").includes(decodeURIComponent(hash.slice(1)));
      })
      .map(({ pathname, hash }) => `${page}: ${pathname}${hash}`),
  );
  expect(broken).toEqual([]);
});

it("loads nothing from another host", () => {
  const loaded = filesOf(".html").flatMap((page) =>
    [...textOfSite(page).matchAll(/<(?:link|script|img)\b[^>]* (?:href|src)="([^"]*)"/g)].map(
      ([, url = ""]) => url,
    ),
  );
  expect(loaded.length).toBeGreaterThan(100);
  expect(loaded.filter((url) => /^(\w+:)?\/\//.test(url))).toEqual([]);
  expect(filesOf(".css").filter((path) => /url\(["']?(https?:)?\/\//.test(textOfSite(path)))).toEqual([]);
});

it("has a section for each type of the schema, and finds it", () => {
  const ids = attributes(textOfSite("docs/schema.html"), "id");
  const names = Object.keys(buildSchema(textOfSite("schema.graphql")).getTypeMap()).filter(
    (name) => !/^(__|Query$|Mutation$|String$|Int$|Float$|Boolean$|ID$)/.test(name),
  );
  expect(ids).toEqual(expect.arrayContaining(names.map((name) => name.toLowerCase())));
  const [index = ""] = filesOf(".js").filter((path) => path.includes("localSearchIndex"));
  expect(names.filter((name) => !textOfSite(index).includes(name))).toEqual([]);
});

it("says what is deprecated and why, and the defaults and interfaces", () => {
  const reference = schemaReference(`
    type Query { a("A | b." b: E = X @deprecated(reason: "Use c.")): T @deprecated(reason: "Use d.") }
    interface I { id: ID }
    type T implements I { id: ID @deprecated(reason: "Use e.") }
    enum E { X @deprecated(reason: "Use Y."), Y }`);
  for (const expected of [
    "### Query.a\n\n**Deprecated.** Use d.\n",
    "| `b` | [`E`](#e) | A \\| b. Default: `X`. **Deprecated.** Use c. |",
    "### T\n\n\n\nImplements [`I`](#i).",
    "| `id` | `ID` | **Deprecated.** Use e. |",
    "| `X` | **Deprecated.** Use Y. |",
  ])
    expect(reference).toContain(expected);
});
