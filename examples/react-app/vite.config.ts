import { spawn } from "node:child_process";
import { defineConfig, type Plugin } from "vite";

/** The Stagepass server. Without `STAGEPASS_URL`, the development server starts one. */
const { STAGEPASS_URL } = process.env;
const target = STAGEPASS_URL ?? "http://127.0.0.1:4000";

/** Starts Stagepass with the development server, in the folder of the repository. */
function stagepass(): Plugin {
  return {
    name: "stagepass",
    apply: () => STAGEPASS_URL === undefined,
    configureServer({ httpServer }) {
      const cwd = new URL("../..", import.meta.url);
      const server = spawn(process.execPath, ["bundle/cli.js", "start"], { cwd, stdio: "inherit" });
      httpServer?.once("close", () => server.kill());
      process.once("exit", () => server.kill());
    },
  };
}

/** The page and the server have one origin, as behind a reverse proxy in production. */
const proxy = { "/graphql": { target, ws: true }, "/local": { target, ws: true } };

export default defineConfig({
  root: import.meta.dirname,
  plugins: [stagepass()],
  server: { proxy },
  preview: { proxy },
});
