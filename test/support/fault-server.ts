import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline, Readable } from "node:stream";
import jwt from "jsonwebtoken";
import { composeSessionId } from "../../src/domain/session-id.ts";

/** A complete request. */
export interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly form: Record<string, string>;
  readonly body: string;
}

/** How the server handles one request. */
export type Behaviour = (response: ServerResponse, request: Received) => void;

/** A platform on a real socket, controlled by a test. */
export async function startFaultServer(behaviour: Behaviour = answerJson(200, [])) {
  let current = behaviour;
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    response.on("error", () => {});
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const whole = {
      method: request.method,
      path: request.url,
      headers: request.headers,
      form: Object.fromEntries(new URLSearchParams(body)),
      body,
    };
    received.push(whole);
    current(response, whole);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    /** The requests so far. */
    received,
    /** Handles requests this way from now on. */
    behave(next: Behaviour) {
      current = next;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export type FaultServer = Awaited<ReturnType<typeof startFaultServer>>;

/** A new session ID in the platform's format. */
export const newSessionId = (owner: string, location: string | null = null) =>
  composeSessionId({ owner, location, createdAt: new Date(), random: crypto.randomUUID().slice(0, 24) });

/** The platform's answer for a created session. */
const sessionJson = (sessionId: string, owner: string) => [
  {
    session_id: sessionId,
    project_id: owner,
    partner_id: owner,
    create_dt: "Fri Feb 14 05:14:54 PST 2025",
    session_status: null,
    status_invalid: null,
    media_server_hostname: null,
    messaging_server_url: null,
    messaging_url: null,
    symphony_address: null,
    properties: null,
    ice_server: null,
    session_segment_id: "1-2-3",
    ice_servers: null,
    ice_credential_expiration: 86100,
    media_server_url: "",
  },
];

export const answer =
  (status: number, type: string, body: string, headers: Record<string, string> = {}): Behaviour =>
  (response) =>
    response.writeHead(status, { "content-type": type, ...headers }).end(body);

export const answerJson = (status: number, value: unknown, headers: Record<string, string> = {}) =>
  answer(status, "application/json", JSON.stringify(value), headers);

/** Success in JSON. */
export const answerSession = (sessionId: string, owner: string) =>
  answerJson(200, sessionJson(sessionId, owner));

/** Success in XML, as where a proxy strips the Accept header. */
export const answerSessionXml = (sessionId: string, owner: string) =>
  answer(
    200,
    "text/xml",
    `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><sessions><Session><session_id>${sessionId}</session_id><partner_id>${owner}</partner_id><create_dt>Mon Mar 17 00:41:31 PDT 2014</create_dt></Session></sessions>`,
  );

/** A refusal in JSON. */
export const refuse = (status: number, message: string, headers: Record<string, string> = {}) =>
  answerJson(status, { code: -1, message, description: message }, headers);

/** A refusal in XML. */
export const refuseXml = (status: number, message: string, headers: Record<string, string> = {}) =>
  answer(
    status,
    "text/xml",
    `<errorPayload><code>-1</code><message>${message}</message></errorPayload>`,
    headers,
  );

/** Sends a part of the body, then resets the connection. */
export const resetInMidBody: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "500" });
  response.write('[{"session_id":"1_', () => response.socket?.resetAndDestroy());
};

/** Resets the connection instead of answering. */
export const resetAtOnce: Behaviour = (response) => response.socket?.resetAndDestroy();

/** Sends headers, then nothing. */
export const fallSilent: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "500" });
  response.flushHeaders();
};

/** Never answers. */
export const hang: Behaviour = () => {};

/** Sends one byte a second. */
export const drip: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "application/json" });
  const timer = setInterval(() => response.write(" "), 1000);
  response.once("close", () => clearInterval(timer));
};

/** Sends up to 64 MB, as far as the client reads, and reports how much. */
export function flood(tell: (sent: number) => void): Behaviour {
  return (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const chunk = Buffer.alloc(64 * 1024, " ");
    let sent = 0;
    const chunks = function* () {
      for (; sent < 64 * 1024 * 1024; sent += chunk.length) yield chunk;
    };
    pipeline(Readable.from(chunks()), response, () => tell(sent));
  };
}

/** The fields of a form to create a session, with their valid values. */
const FIELDS: Record<string, RegExp> = {
  "p2p.preference": /^(enabled|disabled)$/,
  archiveMode: /^(manual|always)$/,
  archiveName: /^.{1,80}$/su,
  archiveResolution: /^(480x640|640x480|720x1280|1280x720|1080x1920|1920x1080)$/,
  location: /^\d{1,3}(\.\d{1,3}){3}$/,
  e2ee: /^true$/,
};

/**
 * Creates sessions as the platform does: checks the request and its credentials, and refuses invalid ones.
 *
 * @param other answers other requests with valid credentials; without it they are 404
 */
export function honest(
  environment: "opentok" | "vonage",
  owner: string,
  key: string,
  other?: Behaviour,
): Behaviour {
  const seen = new Set<unknown>();
  return (response, request) => {
    const { method, path, headers, form } = request;
    const answerWith = (behaviour: Behaviour) => behaviour(response, request);
    const creates = method === "POST" && path === "/session/create";
    if (!creates && !other) return answerWith(answer(404, "text/html", "Not found"));
    if (!/^stagepass\/\d+\.\d+\.\d+/.test(headers["user-agent"] ?? ""))
      return answerWith(refuse(400, "Who?"));
    const token =
      environment === "opentok"
        ? String(headers["x-opentok-auth"])
        : /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
    let claims: jwt.JwtPayload;
    try {
      const algorithms: jwt.Algorithm[] = [environment === "opentok" ? "HS256" : "RS256"];
      claims = jwt.verify(token ?? "", key, { algorithms }) as jwt.JwtPayload;
    } catch {
      return answerWith(refuse(403, "Invalid signature"));
    }
    const issuer = environment === "opentok" ? claims.iss : claims.application_id;
    if (issuer !== owner) return answerWith(refuse(403, "Issuer not found"));
    const { iat = 0, exp = Number.POSITIVE_INFINITY, jti } = claims;
    if (exp - iat > 300 || jti === undefined || seen.has(jti))
      return answerWith(refuse(403, "Invalid token format"));
    seen.add(jti);
    if (environment === "opentok" && claims.ist !== "project")
      return answerWith(refuse(403, "Invalid token format"));
    if (!creates && other) return answerWith(other);
    for (const [name, value] of Object.entries(form)) {
      if (!FIELDS[name]?.test(value)) return answerWith(refuse(400, `Invalid ${name}`));
    }
    if (!form["p2p.preference"]) return answerWith(refuse(400, "No p2p.preference"));
    return answerWith(answerSession(newSessionId(owner, form.location), owner));
  };
}
