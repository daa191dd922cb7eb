import { readFileSync } from "node:fs";
import { assertObjectType, buildSchema } from "graphql";
import { describe, expect, it } from "vitest";
import { API_KEY, APPLICATION_ID, PRIVATE_KEY, PROJECT } from "../support/credentials.ts";
import { newSessionId } from "../support/fault-server.ts";
import { spawnServer } from "../support/process.ts";
import { shell } from "../support/shell.ts";

describe("stagepass token", () => {
  it("prints a token alone, which is on the ledger and grants what was asked", async () => {
    const { done, run, recorded } = shell();
    const sessionId = await done("session", "create");
    const token = await done(
      "token",
      ...["--session", sessionId, "--role", "moderator", "--data", "username=bob", "--expires-in", "2h"],
    );
    expect(token).toMatch(/^eyJ[\w.-]+$/);
    const inspection = await run(["inspect", "-", "--json"], `${token}\n`);
    expect(inspection).toMatchObject({ code: 0, errors: "" });
    const { createdAt, expiresAt, ...said } = JSON.parse(inspection.output);
    expect(said).toMatchObject({ status: "ACTIVE", sessionId, role: "MODERATOR", data: "username=bob" });
    expect(said.createdHere).toBe(true);
    expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(2 * 60 * 60 * 1000);
    const [issued, ...others] = await recorded(sessionId);
    expect(others).toEqual([]);
    expect(issued).toMatchObject({ role: "moderator", format: "jwt", expiresAt: new Date(expiresAt) });
  });

  it("has all fields of the API's with --json, and the names of the schema", async () => {
    const { done, recorded } = shell();
    const sessionId = await done("session", "create");
    const token = JSON.parse(
      await done("token", "--session", sessionId, "--format", "t1", "--identity", "user-42", "--json"),
    );
    const schema = buildSchema(readFileSync("schema.graphql", "utf8"));
    const type = assertObjectType(schema.getType("ConnectionToken"));
    const fields = Object.keys(type.getFields()).filter((field) => field !== "session");
    expect(Object.keys(token).sort()).toEqual(fields.sort());
    const [issued] = await recorded(sessionId);
    expect(token).toEqual({
      token: expect.stringMatching(/^T1==/),
      id: issued?.id,
      sessionId,
      applicationId: API_KEY,
      role: "PUBLISHER",
      data: null,
      identity: "user-42",
      initialLayoutClassList: [],
      format: "T1",
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
      expireTime: expect.any(Number),
    });
  });

  it("is generated for a session created elsewhere, and says so on standard error", async () => {
    const { done, run } = shell();
    await done("session", "create");
    const { code, output, errors } = await run(["token", "--session", newSessionId(API_KEY)]);
    expect([code, errors]).toEqual([0, expect.stringMatching(/^The session was not created here: .*\n$/)]);
    const inspection = await run(["inspect", "-", "--json"], output);
    expect([inspection.code, inspection.errors]).toEqual([0, errors]);
    expect(JSON.parse(inspection.output)).toMatchObject({ status: "ACTIVE", createdHere: false });
    const { output: text } = await run(["inspect", "-"], output);
    expect(text).toMatch(/^createdHere +false$/m);
  });

  it("of the legacy format is refused for a Vonage application", async () => {
    const { failed } = shell({ VONAGE_APPLICATION_ID: APPLICATION_ID, VONAGE_PRIVATE_KEY: PRIVATE_KEY });
    const { code, error } = await failed(
      "token",
      "--session",
      newSessionId(APPLICATION_ID),
      "--format",
      "t1",
    );
    expect([code, error]).toEqual([2, expect.stringMatching(/^--format: /)]);
  });

  it("is not issued when it cannot be recorded, and says why", async () => {
    const { done, failed, database } = shell();
    const sessionId = await done("session", "create");
    const before = database();
    before.exec(
      "create trigger full before insert on issued_tokens begin select raise(abort, 'there is no room'); end",
    );
    before.close();
    expect(await failed("token", "--session", sessionId)).toEqual({
      code: 1,
      error: expect.stringMatching(
        /^The issuance could not be recorded.* \(DATABASE_URL: there is no room\)$/,
      ),
    });
    expect(JSON.parse((await failed("token", "--session", sessionId, "--json")).error)).toMatchObject({
      error: { code: "LEDGER_UNAVAILABLE", retryable: true },
    });
  });

  it("is not issued while another process has the database locked, and says so", async () => {
    const { done, failed, database } = shell();
    const sessionId = await done("session", "create");
    const other = database();
    other.exec("begin immediate");
    const { code, error } = await failed("token", "--session", sessionId);
    other.close();
    expect(error).toMatch(
      /^The issuance could not be recorded.* \(DATABASE_URL: (it did not answer (in time|within 2 seconds)|.*locked)\)$/,
    );
    expect(code).toBe(1);
  });

  it("is not issued when the database cannot be reached", async () => {
    const { failed } = shell({
      ...PROJECT,
      DATABASE_URL: "postgres://stagepass:canary@127.0.0.1:1/stagepass",
    });
    const { code, error } = await failed("token", "--session", newSessionId(API_KEY));
    expect(code).toBe(1);
    expect(error).toMatch(/^DATABASE_URL: .*ECONNREFUSED/);
    expect(error).not.toContain("canary");
  });

  it("is of the same project as the server beside it, which knows the record", async () => {
    const { cwd, done } = shell({});
    const server = spawnServer(cwd);
    const url = await server.url();
    const sessionId = await done("session", "create", "--name", "standup");
    await done("token", "--session", sessionId);
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        query: "query($id: ID!) { session(sessionId: $id) { name issuedTokens { nodes { role } } } }",
        variables: { id: sessionId },
      }),
    });
    expect((await response.json()).data.session).toEqual({
      name: "standup",
      issuedTokens: { nodes: [{ role: "PUBLISHER" }] },
    });
  });
});
