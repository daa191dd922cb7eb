import { afterAll, beforeAll, expect, it } from "vitest";
import { COMPILING } from "../../src/graphql/execution/known-operations.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
const { share } = COMPILING;
beforeAll(async () => {
  COMPILING.share = 1;
  server = await startServer();
});
afterAll(async () => {
  COMPILING.share = share;
  await server.close();
});

/** The answers to one request that is sent three times, the last two perhaps by compiled code. */
async function thrice(query: string, variables = {}) {
  const answers = [];
  for (let i = 0; i < 3; i++) answers.push(await server.graphql(query, variables));
  return answers.map(({ status, data, errors }) => ({ status, data, errors }));
}

it("a literal is no code", async () => {
  const literal = "__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74dglobalThis.stagepassWasHere=true";
  for (const answer of await thrice(`{ participant(id: "${literal}") { id } }`))
    expect(answer).toEqual({ status: 200, data: { participant: null }, errors: [] });
  expect(globalThis).not.toHaveProperty("stagepassWasHere");
});
