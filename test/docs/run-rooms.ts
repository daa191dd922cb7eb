import { spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { expect, onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { CLI } from "../support/process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { Application } from "./application.ts";
import type { Run } from "./run-snippets.ts";
import { sharedServer } from "./server-for-snippets.ts";

/** The answer to the query of `docs/participants.md`. */
// biome-ignore lint/suspicious/noExplicitAny: data has the shape of its query
export function expectAParticipant({ session }: any): void {
  const streams = [{ id: expect.any(String), videoType: "CAMERA" }];
  const joinedAt = expect.stringMatching(/Z$/);
  const participant = {
    id: expect.stringMatching(/^p_/),
    identity: "user-42",
    role: "PUBLISHER",
    joinedAt,
    streams,
  };
  const pageInfo = { hasNextPage: false, endCursor: expect.any(String) };
  expect(session).toEqual({ participantCount: 1, participants: { nodes: [participant], pageInfo } });
}

/** A server, and a session in which one participant publishes. */
async function occupied() {
  const { server, fill } = await sharedServer();
  const token =
    'mutation { generateToken(sessionId: "1_MX4…", identity: "user-42", data: "user-42") { id token } }';
  const { data } = await server.graphql(fill(token));
  const socket = new WebSocket(`${server.origin.replace("http", "ws")}/local/join`);
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "join", token: data.generateToken.token }));
  await once(socket, "message");
  socket.send(JSON.stringify({ type: "publish" }));
  const query = '{ session(sessionId: "1_MX4…") { participants { nodes { id streams { id } } } } }';
  const present = async () => (await server.graphql(fill(query))).data.session.participants.nodes[0];
  await expect.poll(async () => (await present())?.streams).toHaveLength(1);
  return { server, fill, participant: (await present()).id, token: data.generateToken.id };
}

/** A query about a session in which one participant publishes. */
export const listsAParticipant: Run = async ({ code }) => {
  const { server, fill } = await occupied();
  const answer = await server.graphql(fill(code));
  expect(answer.errors).toEqual([]);
  expectAParticipant(answer.data);
};

/** An operation on a participant, its token, or a ban of its identity. */
// biome-ignore lint/suspicious/noExplicitAny: data has the shape of its query
export function moderates(check: (data: any) => void): Run {
  return async ({ code }) => {
    const { server, fill, participant, token } = await occupied();
    let filled = fill(code).replaceAll("p_…", participant).replaceAll("01990b3e-…", token);
    if (/liftBan|bans\(/.test(code)) {
      const ban = 'mutation { banIdentity(identity: "user-42", sessionId: "1_MX4…") { id } }';
      filled = filled.replaceAll("b_…", (await server.graphql(fill(ban))).data.banIdentity.id);
    }
    const { data, errors } = await server.graphql(filled);
    expect(errors).toEqual([]);
    check(data);
  };
}

/** A command that joins a session and publishes, until Ctrl-C. */
export const joinsAndPublishes: Run = async ({ code }) => {
  const { server, fill } = await sharedServer();
  const script = `exec ${fill(code).replaceAll("npx stagepass", `'${process.execPath}' '${CLI}'`)}`;
  const env = { PATH: process.env.PATH, PORT: new URL(server.origin).port, TOKEN: fill("eyJ…") };
  const child = spawn("sh", ["-ec", script], {
    cwd: temporaryFolder(),
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const output of [child.stdout, child.stderr])
    output.on("data", (text) => {
      said += text;
    });
  await expect.poll(() => said, { timeout: 20_000 }).toContain("published");
  child.kill("SIGINT");
  expect((await once(child, "close"))[0], said).toBe(0);
};

/** A program that gives an official server SDK the address of a server. */
export const createsWithAnSdk: Run = async ({ code }) => {
  const { fill } = await sharedServer();
  const app = new Application([]);
  onTestFinished(() => app.remove());
  app.write("sdk.js", `${fill(code)}\nexport { opentok };\n`);
  vi.stubEnv("OPENTOK_API_KEY", API_KEY);
  vi.stubEnv("OPENTOK_API_SECRET", API_SECRET);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { opentok } = await import(/* @vite-ignore */ app.path("sdk.js"));
  const session = await promisify(opentok.createSession.bind(opentok))({});
  expect(session).toMatchObject({ sessionId: expect.stringMatching(/^[12]_/) });
};
