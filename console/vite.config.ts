import { createHash } from "node:crypto";
import { InMemoryCache } from "@apollo/client";
import { type DocumentNode, print } from "graphql";
import { defaultClientConditions, defineConfig, type Plugin } from "vite";
import { compression } from "vite-plugin-compression2";
import * as generated from "./src/generated/documents.ts";

/** Writes the manifest of the documents as they are sent, so that a server of trusted documents alone executes them. */
function manifest(): Plugin {
  const cache = new InMemoryCache();
  const texts = Object.values<DocumentNode>(generated).map((document) =>
    print(cache.transformDocument(document)),
  );
  const documents = Object.fromEntries(
    texts.map((text) => [createHash("sha256").update(text).digest("hex"), text]),
  );
  return {
    name: "persisted-documents",
    generateBundle() {
      const source = JSON.stringify(documents, null, 2);
      this.emitFile({ type: "asset", fileName: "persisted-documents.json", source });
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the console works behind a proxy that removes a prefix.
  base: "./",
  // RxJS has its modules of today under this condition, and otherwise those of 2009, which are larger.
  resolve: { conditions: ["es2015", ...defaultClientConditions] },
  build: {
    target: "es2023",
    // A style or an image inside the page would need a hole in its Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
    // What the licences of the packages want to go with their code.
    license: { fileName: "THIRD-PARTY-LICENSES.md" },
  },
  plugins: [manifest(), compression({ include: /\.(js|css|svg)$/, algorithms: ["brotliCompress", "gzip"] })],
  server: { proxy: { "/graphql": "http://127.0.0.1:4000" } },
});
