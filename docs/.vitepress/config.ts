import { cpSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { defineConfig } from "vitepress";
import { anchorOf } from "./anchor.ts";
import { schemaReference } from "./schema-reference.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** Files that pages link to, copied as they are. */
const FILES = [
  "codegen.yml",
  "schema.graphql",
  "deploy/haproxy.cfg",
  "deploy/kubernetes.yaml",
  "deploy/nginx.conf",
  "docs/alerts.yml",
  "docs/grafana-dashboard.json",
  "docs/performance.json",
];
// Vitepress takes links with unknown extensions for links to pages.
process.env.VITE_EXTRA_EXTENSIONS = "cfg,graphql";

const page = (text: string, name: string) => ({ text, link: `/docs/${name}` });

/** The kit, the examples, and how other libraries than Apollo Client 4 use the kit. */
const KIT = [
  { text: "The kit", link: "/packages/client/README" },
  { text: "A React page", link: "/examples/react-app/README" },
  { text: "A Next.js back end", link: "/examples/next-backend/README" },
  page("Operations of your own", "clients/own-operations"),
  page("Apollo Client 3", "clients/apollo-client-3"),
  page("urql", "clients/urql"),
  page("TanStack Query and fetch", "clients/tanstack-query"),
  page("graphql-request", "clients/graphql-request"),
  page("Relay", "clients/relay"),
  page("Vue", "clients/vue"),
  page("gql.tada", "clients/gql-tada"),
  page("Trusted documents", "clients/trusted-documents"),
];

export default defineConfig({
  title: "Stagepass",
  description: "A self-hosted GraphQL API server for video sessions and their connection tokens.",
  srcDir: "..",
  srcExclude: ["!(README.md|CONTRIBUTING.md|SECURITY.md|CHANGELOG.md|docs|packages|examples)/**"],
  rewrites: { "README.md": "index.md" },
  outDir: "./.vitepress/dist",
  ignoreDeadLinks: "localhostLinks",
  markdown: {
    html: false,
    anchor: { slugify: anchorOf },
    config(md) {
      // Vue would evaluate braces in inline code.
      const inlineCode = md.renderer.rules.code_inline;
      md.renderer.rules.code_inline = (tokens, index, ...others) => {
        tokens[index]?.attrSet("v-pre", "");
        return inlineCode?.(tokens, index, ...others) ?? "";
      };
      md.core.ruler.before("normalize", "schema-reference", (state) => {
        state.src = state.src.replace(/<!-- schema-reference -->.*/s, () =>
          schemaReference(readFileSync(join(ROOT, "schema.graphql"), "utf8")),
        );
      });
    },
  },
  buildEnd({ outDir }) {
    for (const file of FILES) cpSync(join(ROOT, file), join(outDir, file));
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    sidebar: [
      {
        text: "Use it",
        items: [
          { text: "Overview", link: "/" },
          page("Sessions and tokens", "sessions"),
          page("Participants", "participants"),
          page("Moderation", "moderation"),
          { ...page("From a front end", "front-end"), collapsed: true, items: KIT },
          page("The command line", "cli"),
          page("The console", "console"),
          page("Errors", "errors"),
          page("Limits and costs", "limits"),
          page("Schema reference", "schema"),
        ],
      },
      {
        text: "Set it up",
        items: [
          page("Configuration", "configuration"),
          page("Platforms", "platforms"),
          page("Access", "access"),
          page("Identity providers", "identity-providers"),
          page("Federation and Apollo Studio", "federation"),
        ],
      },
      {
        text: "Run it",
        items: [
          page("Operations", "operations"),
          page("Database", "database"),
          page("Monitoring", "monitoring"),
          page("Security", "security"),
          page("Performance", "performance"),
        ],
      },
      {
        text: "Change it",
        items: [
          page("Architecture", "architecture"),
          { text: "Contributing", link: "/CONTRIBUTING" },
          { text: "Reporting a flaw", link: "/SECURITY" },
          { text: "Changelog", link: "/CHANGELOG" },
        ],
      },
    ],
  },
});
