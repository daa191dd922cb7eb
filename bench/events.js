/** Signed monitoring events, as the platform sends them. */
import { createHash, createHmac, randomUUID } from "node:crypto";
import { client } from "./pace.js";
import { API_KEY } from "./project.js";

export const SECRET = "what-the-events-of-the-bench-are-signed-with";
const PATH = "/webhooks/session-monitoring";

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A signed event, as `fetch` takes it. */
function eventRequest(event) {
  const body = JSON.stringify({ projectId: API_KEY, timestamp: Date.now(), ...event });
  const claims = {
    iss: "Vonage",
    iat: Math.floor(Date.now() / 1000),
    jti: randomUUID(),
    payload_hash: createHash("sha256").update(body).digest("hex"),
    api_key: API_KEY,
  };
  const text = `${base64url({ alg: "HS256", typ: "JWT" })}.${base64url(claims)}`;
  const signature = createHmac("sha256", SECRET).update(text).digest("base64url");
  return {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${text}.${signature}` },
    body,
  };
}

/** The events of a participant that publishes, stops and leaves, with one of them twice. */
export function visit(sessionId) {
  const connection = { id: randomUUID(), createdAt: Date.now(), data: `user=${randomUUID()}` };
  const stream = { id: randomUUID(), connection, createdAt: Date.now(), name: "camera", videoType: "camera" };
  const created = { sessionId, event: "connectionCreated", connection };
  return [
    created,
    { sessionId, event: "streamCreated", stream },
    created,
    { sessionId, event: "streamDestroyed", stream, reason: "clientDisconnected" },
    { sessionId, event: "connectionDestroyed", connection, reason: "clientDisconnected" },
  ];
}

/** Sends events over at most this many connections. `send` throws unless the server has stored the event. */
export const sender = (url, connections) => {
  const { post, close } = client(new URL(PATH, url), connections);
  const send = async (event) => {
    const { status, text } = await post(eventRequest(event));
    if (status !== 204) throw new Error(`HTTP ${status}: ${text}`);
  };
  return { send, close };
};
