import { describe, expect, it, vi } from "vitest";
import { encodeInTurns } from "../../src/http/encode.ts";
import { turnsDuring } from "../support/event-loop.ts";
import { startServer } from "../support/server.ts";

vi.mock("../../src/http/encode.ts", { spy: true });

const MIB = 1024 * 1024;

describe("encodeInTurns", () => {
  it("leaves a short text as it is", () => {
    expect(encodeInTurns("é🙂")).toBe("é🙂");
  });

  it.each([0, 1])(
    "encodes a long one, and parts no character, %i code units from its beginning",
    async (shift) => {
      const text = "x".repeat(shift) + "🙂".repeat(1.2 * MIB);
      const encoded = await encodeInTurns(text);
      expect(Buffer.isBuffer(encoded) && encoded.equals(Buffer.from(text))).toBe(true);
    },
  );

  it("yields to the event loop between portions", async () => {
    const turns = await turnsDuring(() => encodeInTurns("x".repeat(8 * MIB)));
    expect(turns).toBeGreaterThanOrEqual(8);
  });
});

it("is how a long answer is encoded over HTTP", async () => {
  const server = await startServer();
  const sessionId = await server.createSession();
  const response = await fetch(server.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      query: `mutation($id: ID!, $requests: [TokenRequest!]!) {
        generateTokens(sessionId: $id, requests: $requests) { ... on ConnectionToken { token data } } }`,
      variables: { id: sessionId, requests: Array(1000).fill({ data: "x".repeat(1000) }) },
    }),
  });
  const answer = Buffer.from(await response.arrayBuffer());
  expect(answer.length).toBeGreaterThan(2 * MIB);
  const encoded = await vi.mocked(encodeInTurns).mock.results.at(-1)?.value;
  expect(Buffer.isBuffer(encoded) && encoded.equals(answer)).toBe(true);
  await server.close();
});
