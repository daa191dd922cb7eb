import { existsSync } from "node:fs";
import { expect } from "vitest";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { startServer } from "../support/server.ts";
import type { Run } from "./run-snippets.ts";
import { DOCUMENTED_ORIGIN } from "./server-for-snippets.ts";
import { runShell } from "./shell.ts";

/** Lines by which Rover gets the schema of a subgraph from the server, and hands it to Apollo Studio. */
export const publishesTheSubgraph: Run = async ({ code }) => {
  const server = await startServer({ FEDERATION: "on", AUTH_JWT_SECRET: JWT_SECRET });
  try {
    const lines = code.replaceAll(DOCUMENTED_ORIGIN, server.origin);
    const env = { STAGEPASS_CREDENTIAL: signedJwt(EVERYTHING) };
    const { code: exit, output, errors, calls } = await runShell(`${lines}\ncat subgraph.graphql`, env);
    expect([exit, errors]).toEqual([0, ""]);
    expect(output).toMatch(/type Session\s+@key\(fields: "sessionId"\)/);
    expect(calls.map(([, , command]) => command)).toEqual(["introspect", "check", "publish"]);
  } finally {
    await server.close();
  }
};

/** A line by which Rover hands the contract to Apollo Studio. */
export const publishesTheGraph: Run = ({ code }) => {
  expect(existsSync(/^rover graph publish \S+ --schema (\S+)$/m.exec(code)?.[1] ?? "")).toBe(true);
};
