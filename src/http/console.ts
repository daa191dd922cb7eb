import { accessSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { parseManifest } from "../config/document-manifest.ts";
import { FOR_CONSOLE } from "./headers.ts";

/** The console's build, in memory where it is small. */
export interface ConsoleBuild {
  /** The page itself. */
  readonly page: string;
  /** The folder of what the page loads. The files' names change with what is in them. */
  readonly assets: string;
  /** The texts of the documents that it sends, by their IDs. */
  readonly documents: ReadonlyMap<string, string>;
}

/**
 * Reads what `vite build` wrote.
 *
 * @throws {Error} when the console is not built, or not whole
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
 * Serves the console at `/`, to whoever asks: the page has no data of its own.
 *
 * @param sandbox where Apollo Sandbox is; null where it is not
 */
export async function serveConsole(
  app: FastifyInstance,
  { page, assets }: ConsoleBuild,
  sandbox: string | null,
): Promise<void> {
  // RFC 8631: where people read about the API.
  const link = sandbox === null ? "" : `<link rel="service-doc" href=".${sandbox}">`;
  const html = page.replace("</head>", `${link}</head>`);
  // Not read where there is no console.
  const { default: fastifyStatic } = await import("@fastify/static");
  await app.register(async (pages) => {
    pages.addHook("onRequest", (_request, reply, next) => {
      // The assets are there compressed, too. Where other origins may call, answers vary by these already.
      const vary = [reply.getHeader("vary"), "accept-encoding"].filter(Boolean).join(", ");
      reply.headers({ ...FOR_CONSOLE, vary });
      next();
    });
    pages.get("/", (_request, reply) => reply.type("text/html; charset=utf-8").send(html));
    await pages.register(fastifyStatic, {
      root: assets,
      prefix: "/assets/",
      // The files that there are now, and no look at the disk for any other.
      wildcard: false,
      index: false,
      preCompressed: true,
      immutable: true,
      maxAge: "1y",
    });
  });
}
