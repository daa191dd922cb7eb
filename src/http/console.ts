import { accessSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { parseManifest } from "../config/document-manifest.ts";
import { FOR_CONSOLE } from "./headers.ts";

/** The console's build. Small files are in memory. */
export interface ConsoleBuild {
  /** The HTML of the page. */
  readonly page: string;
  /** The folder of the page's assets. Their names change with their content. */
  readonly assets: string;
  /** The documents that the console sends, by ID. */
  readonly documents: ReadonlyMap<string, string>;
}

/**
 * Reads the output of `vite build`.
 *
 * @throws {Error} when the build is missing or incomplete
 */
export function readConsole(folder: string): ConsoleBuild {
  const assets = join(folder, "assets");
  accessSync(assets);
  return {
    page: readFileSync(join(folder, "index.html"), "utf8"),
    assets,
    documents: parseManifest(readFileSync(join(folder, "persisted-documents.json"), "utf8")),
  };
}

/**
 * Serves the console at `/` without authentication, because the page itself has no data.
 *
 * @param sandbox the path of Apollo Sandbox; null when it is off
 */
export async function serveConsole(
  app: FastifyInstance,
  { page, assets }: ConsoleBuild,
  sandbox: string | null,
): Promise<void> {
  // RFC 8631: a link to the API's documentation.
  const link = sandbox === null ? "" : `<link rel="service-doc" href=".${sandbox}">`;
  const html = page.replace("</head>", `${link}</head>`);
  // Loaded only when the console is on.
  const { default: fastifyStatic } = await import("@fastify/static");
  await app.register(async (pages) => {
    pages.addHook("onRequest", (_request, reply, next) => {
      // The assets also exist in compressed form. With CORS, answers already vary by origin.
      const vary = [reply.getHeader("vary"), "accept-encoding"].filter(Boolean).join(", ");
      reply.headers({ ...FOR_CONSOLE, vary });
      next();
    });
    pages.get("/", (_request, reply) => reply.type("text/html; charset=utf-8").send(html));
    await pages.register(fastifyStatic, {
      root: assets,
      prefix: "/assets/",
      // Serves only the files that exist now; other paths do not reach the disk.
      wildcard: false,
      index: false,
      preCompressed: true,
      immutable: true,
      maxAge: "1y",
    });
  });
}
