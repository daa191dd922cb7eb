import { defineConfig } from "rolldown";

/** Puts the programs into a few files: to find and read the 1,400 modules that the server is made of takes a second. */
export default defineConfig({
  input: ["dist/main.js", "dist/cli.js"],
  platform: "node",
  external: [
    // Has a binary for each platform.
    "libsql/promise",
    // For those who have PostgreSQL.
    "pg",
    // type-graphql asks for it where it validates, which it does not do here.
    "class-validator",
    // Looks for Node's own hashes by the loader of modules, and in a bundle takes its own, which are slow.
    "@apollo/utils.createhash",
  ],
  output: { dir: "bundle", cleanDir: true, sourcemap: true },
});
