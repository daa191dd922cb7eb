import { createHash } from "node:crypto";
import { InMemoryCache } from "@apollo/client";
import { type DocumentNode, print } from "graphql";
import { defaultClientConditions, defineConfig, type Plugin } from "vite";
import { compression } from "vite-plugin-compression2";
import * as generated from "./src/generated/documents.ts";

/** Writes the manifest of the sent documents, so that a server with TRUSTED_DOCUMENTS executes them. */
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
  // Under this condition RxJS has its modern modules, which are smaller than its ES5 modules.
  resolve: { conditions: ["es2015", ...defaultClientConditions] },
  build: {
    target: "es2023",
    // Inline styles and images would weaken the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
    // One chunk of what pages share: many small ones compress worse.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", minShareCount: 2 }] } } },
    // The notices that the packages' licences require.
    license: { fileName: "THIRD-PARTY-LICENSES.md" },
  },
  plugins: [manifest(), compression({ include: /\.(js|css|svg)$/, algorithms: ["brotliCompress", "gzip"] })],
  server: { proxy: { "/graphql": "http://127.0.0.1:4000" } },
});
