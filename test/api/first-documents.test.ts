import { afterAll, beforeAll, expect, it } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";

/*
 * The documents of front ends that were written for 0.1.0, and are not to be changed: what they ask for is answered
 * as it was.
 */

const CREATE_SESSION = `mutation CreateSession($mediaMode: MediaMode, $archiveMode: ArchiveMode, $archiveName: String,
    $archiveResolution: ArchiveResolution, $location: String, $e2ee: Boolean) {
  createSession(mediaMode: $mediaMode, archiveMode: $archiveMode, archiveName: $archiveName,
    archiveResolution: $archiveResolution, location: $location, e2ee: $e2ee) {
    id sessionId applicationId name mediaMode archiveMode archiveName archiveResolution location e2ee createdAt } }`;

const GENERATE_TOKEN = `mutation GenerateToken($sessionId: ID!, $role: Role, $data: String, $expireTime: Int,
    $initialLayoutClassList: [String!], $format: TokenFormat) {
  generateToken(sessionId: $sessionId, role: $role, data: $data, expireTime: $expireTime,
    initialLayoutClassList: $initialLayoutClassList, format: $format) {
    token sessionId applicationId role data initialLayoutClassList format createdAt expiresAt expireTime } }`;

const now = new Date("2026-11-24T09:30:00Z");
let server: TestServer;
beforeAll(async () => {
  server = await startServer({}, () => now);
});
afterAll(() => server.close());

it("createSession and generateToken answer the documents of 0.1.0 with every argument", async () => {
  const options = {
    mediaMode: "ROUTED",
    archiveMode: "ALWAYS",
    archiveName: "Monday",
    archiveResolution: "HD_LANDSCAPE",
    location: "203.0.113.7",
    e2ee: false,
  };
  const created = await server.graphql(CREATE_SESSION, options);
  expect(created.errors).toEqual([]);
  const { sessionId, ...session } = created.data.createSession;
  const createdAt = now.toISOString();
  expect(session).toEqual({
    id: sessionId,
    applicationId: expect.any(String),
    name: null,
    ...options,
    createdAt,
  });

  const request = {
    sessionId,
    role: "MODERATOR",
    data: "username=bob",
    expireTime: now.getTime() / 1000 + 3600,
    initialLayoutClassList: ["focus"],
    format: "T1",
  };
  const generated = await server.graphql(GENERATE_TOKEN, request);
  expect(generated.errors).toEqual([]);
  expect(generated.data.generateToken).toEqual({
    token: expect.stringMatching(/^T1==/),
    applicationId: session.applicationId,
    createdAt,
    expiresAt: "2026-11-24T10:30:00.000Z",
    ...request,
  });
});

it("they answer with nothing but what is required", async () => {
  const { sessionId } = (await server.graphql(CREATE_SESSION)).data.createSession;
  const { data, errors } = await server.graphql(GENERATE_TOKEN, { sessionId });
  expect(errors).toEqual([]);
  expect(data.generateToken).toMatchObject({ role: "PUBLISHER", data: null, format: "JWT" });
});
