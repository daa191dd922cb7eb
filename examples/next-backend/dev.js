/** Starts Stagepass and this application, with new secrets, and ends both when one ends. */

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";

const { PORT = "3000", VIDEO_PORT = "4000" } = process.env;
const secret = () => randomBytes(32).toString("base64");

/** Both have it: this application signs the callers' JWTs, and Stagepass verifies them. */
const AUTH_JWT_SECRET = secret();

const programs = [
  start("../../bundle/cli.js", ["start"], {
    PORT: VIDEO_PORT,
    PLATFORM: "local",
    CORS_ORIGINS: `http://localhost:${PORT}`,
    LOG_LEVEL: "warn",
    AUTH_JWT_SECRET,
  }),
  start("node_modules/next/dist/bin/next", ["dev", "--hostname", "localhost", "--port", PORT], {
    NEXT_TELEMETRY_DISABLED: "1",
    STAGEPASS_URL: `http://127.0.0.1:${VIDEO_PORT}`,
    SESSION_SECRET: secret(),
    AUTH_JWT_SECRET,
  }),
];

function start(file, args, env) {
  const program = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args], {
    cwd: import.meta.dirname,
    env: { ...process.env, ...env },
    stdio: "inherit",
  });
  program.on("exit", (code) => {
    process.exitCode ??= code ?? 1;
    stop();
  });
  return program;
}

function stop() {
  for (const program of programs) program.kill();
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
