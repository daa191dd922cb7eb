import { defineConfig } from "rolldown";

/** Puts each program into a few files: to find and read the 1,400 modules that the server is made of takes a second. */
export default defineConfig({
  input: ["dist/main.js", "dist/keys.js", "dist/migrate.js", "dist/dump.js"],
  platform: "node",
  // The first has a binary for each platform, the second is for those who have PostgreSQL, and nobody installs the third.
  external: ["libsql/promise", "pg", "class-validator", "@apollo/utils.createhash"],
  output: { dir: "bundle", cleanDir: true, sourcemap: true },
});
