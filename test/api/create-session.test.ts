import OpenTok from "opentok";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { startServer, type TestServer } from "../support/server.ts";

const now = new Date("2026-11-24T09:30:00.123Z");
let server: TestServer;
beforeAll(async () => {
  server = await startServer({}, () => now);
});
afterAll(() => server.close());

const FIELDS =
  "id sessionId applicationId name mediaMode archiveMode archiveName archiveResolution location e2ee createdAt createdHere";
const create = (args: string) => server.graphql(`mutation { createSession${args} { ${FIELDS} } }`);
const listed = async () =>
  (await server.graphql("{ sessions(first: 100) { nodes { id } } }")).data.sessions.nodes;

const defaults = {
  applicationId: API_KEY,
  name: null,
  mediaMode: "RELAYED",
  archiveMode: "MANUAL",
  archiveName: null,
  archiveResolution: null,
  location: null,
  e2ee: false,
  createdAt: "2026-11-24T09:30:00.123Z",
  createdHere: true,
};

describe("createSession", () => {
  it.each([
    ["", {}],
    ["(mediaMode: null, archiveMode: null, location: null, e2ee: null)", {}],
    ["(mediaMode: ROUTED)", { mediaMode: "ROUTED" }],
    ['(location: "203.0.113.7")', { location: "203.0.113.7" }],
    ["(mediaMode: ROUTED, e2ee: true)", { mediaMode: "ROUTED", e2ee: true }],
    [
      '(mediaMode: ROUTED, archiveMode: ALWAYS, archiveName: "Monday", archiveResolution: HD_PORTRAIT)',
      { mediaMode: "ROUTED", archiveMode: "ALWAYS", archiveName: "Monday", archiveResolution: "HD_PORTRAIT" },
    ],
  ])("creates a session with %s, which session then finds", async (args, options) => {
    const { data, errors } = await create(args);
    const session = data.createSession;
    expect(errors).toEqual([]);
    expect(session).toEqual({ id: session.sessionId, sessionId: session.sessionId, ...defaults, ...options });
    const found = await server.graphql(`query($id: ID!) { session(sessionId: $id) { ${FIELDS} } }`, {
      id: session.sessionId,
    });
    expect(found.data.session).toEqual(session);
  });

  it("makes IDs for which opentok generates tokens", async () => {
    const sessionId = await server.createSession();
    expect(new OpenTok(API_KEY, API_SECRET).generateToken(sessionId)).toMatch(/^eyJ/);
  });

  it.each([
    ["archiveMode", "(archiveMode: ALWAYS)"],
    ["archiveMode", "(archiveMode: ALWAYS, mediaMode: RELAYED)"],
    ["archiveName", '(archiveName: "a")'],
    ["archiveName", '(archiveName: "a", mediaMode: ROUTED, archiveMode: MANUAL)'],
    ["archiveName", `(archiveName: "${"a".repeat(81)}", mediaMode: ROUTED, archiveMode: ALWAYS)`],
    ["archiveResolution", "(archiveResolution: SD_LANDSCAPE)"],
    ["e2ee", "(e2ee: true)"],
    ["e2ee", "(e2ee: true, mediaMode: ROUTED, archiveMode: ALWAYS)"],
    ["location", '(location: "127.1")'],
    ["location", '(location: "::1")'],
  ])("refuses, naming %s, and creates nothing: %s", async (argument, args) => {
    const before = await listed();
    const { status, data, errors } = await create(args);
    expect(status).toBe(200);
    expect(data).toEqual({ createSession: null });
    expect(errors).toEqual([
      expect.objectContaining({
        path: ["createSession"],
        extensions: { code: "BAD_USER_INPUT", retryable: false, argument },
      }),
    ]);
    expect(await listed()).toEqual(before);
  });

  it("accepts an archiveName of 80 characters", async () => {
    const archiveName = "a".repeat(80);
    const { data } = await create(`(archiveName: "${archiveName}", mediaMode: ROUTED, archiveMode: ALWAYS)`);
    expect(data.createSession.archiveName).toBe(archiveName);
  });
});
