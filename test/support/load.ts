import { randomInt } from "node:crypto";

/** How many clients request single tokens, a party's tokens, and names. Only the last may wait for a dead server. */
const SINGLE_CLIENTS = 12;
const PARTY_CLIENTS = 12;
const NAME_CLIENTS = 8;
/** How many tokens a party needs. A new server answers few requests, so each requests more. */
const PARTY = 5;
/** How many requests for names, including old ones, come before the next new name. */
const ASKS_PER_NEW_NAME = 6;

const GENERATE_TOKEN = generateTokens(1);
const GENERATE_PARTY = generateTokens(PARTY);
const ENSURE_SESSION =
  "mutation ($name: String!) { ensureSession(name: $name) { sessionId generateToken { token } } }";

/** The connection failed before the answer was complete. */
export class CutOff extends Error {}

/** Clients of one server after the other, which remember every answer. */
export function rememberingClients() {
  const tokens = new Map<string, string>();
  const sessions = new Map<string, string>();
  const names: string[] = [];

  const keepToken = (token: string, sessionId: string) => {
    const { jti, session_id } = claimsOf(token);
    if (session_id !== sessionId) throw new Error(`a token for ${sessionId} is for ${session_id}`);
    if (tokens.has(jti)) throw new Error(`two tokens have the ID ${jti}`);
    tokens.set(jti, sessionId);
  };

  const ensure = async (url: string, name: string) => {
    const { ensureSession } = await ask<{ ensureSession: { sessionId: string; generateToken: Token } }>(
      url,
      ENSURE_SESSION,
      { name },
    );
    const { sessionId, generateToken } = ensureSession;
    const before = sessions.get(name) ?? sessionId;
    if (sessionId !== before) throw new Error(`${name} was ${before}, and is ${sessionId}`);
    sessions.set(name, sessionId);
    keepToken(generateToken.token, sessionId);
    return sessionId;
  };

  const generate = async (url: string, query: string, sessionId: string) => {
    const answer = await ask<Record<string, Token>>(url, query, { sessionId });
    for (const { token } of Object.values(answer)) keepToken(token, sessionId);
  };

  const newName = () => {
    const name = `room-${names.length}`;
    names.push(name);
    return name;
  };

  return {
    /** The session of each received token, by the token's ID. */
    tokens,
    /** The session of each answered name. */
    sessions,
    /** Every requested name, answered or not. */
    names,

    /** Loads a server until `stop`. A connection that breaks before that is an error. */
    async start(url: string) {
      const open = [await ensure(url, newName())];
      let asks = 0;
      let stopped = false;
      let cutOff = 0;
      let answered = () => {};
      const begun = new Promise<void>((resolve) => {
        answered = resolve;
      });

      const nextName = () => {
        asks += 1;
        if (asks % ASKS_PER_NEW_NAME === 1) return newName();
        // The newest is being created; a kill may have left an old one without a session.
        return oneOf(asks % 2 === 0 ? names.slice(-1) : names);
      };
      const repeat = async (act: () => Promise<unknown>) => {
        while (!stopped) {
          try {
            await act();
            answered();
          } catch (error) {
            if (!stopped || !(error instanceof CutOff)) throw error;
            cutOff += 1;
          }
        }
      };
      const askForToken = () => generate(url, GENERATE_TOKEN, oneOf(open));
      const askForParty = () => generate(url, GENERATE_PARTY, oneOf(open));
      const askForName = async () => open.push(await ensure(url, nextName()));

      const running = Promise.all([
        ...Array.from({ length: SINGLE_CLIENTS }, () => repeat(askForToken)),
        ...Array.from({ length: PARTY_CLIENTS }, () => repeat(askForParty)),
        ...Array.from({ length: NAME_CLIENTS }, () => repeat(askForName)),
      ]);
      return {
        /** Resolves at the first answer, which may be slow from a new process. */
        begun,
        /** Resolves when every client has stopped, and rejects as soon as one finds an error. */
        running,
        /** Stops sending. */
        stop() {
          stopped = true;
        },
        /** How many requests from before the stop got no answer. */
        cutOff: () => cutOff,
      };
    },

    /** Requests every name once more. */
    async ensureAll(url: string) {
      const remaining = names.values();
      const askForRest = async () => {
        for (const name of remaining) await ensure(url, name);
      };
      await Promise.all(Array.from({ length: NAME_CLIENTS }, askForRest));
    },
  };
}

interface Token {
  readonly token: string;
}

function generateTokens(count: number): string {
  const fields = Array.from(
    { length: count },
    (_, i) => `t${i}: generateToken(sessionId: $sessionId) { token }`,
  );
  return `mutation ($sessionId: ID!) { ${fields.join(" ")} }`;
}

/** @throws {CutOff} when the connection fails; errors in answers are thrown, too */
async function ask<T>(url: string, query: string, variables: Record<string, string>): Promise<T> {
  const text = await post(url, JSON.stringify({ query, variables }));
  const { data, errors } = JSON.parse(text) as { data?: T | null; errors?: unknown };
  if (errors || !data) throw new Error(`the server answered ${text}`);
  return data;
}

async function post(url: string, body: string): Promise<string> {
  try {
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, { method: "POST", headers, body });
    return await response.text();
  } catch (cause) {
    throw new CutOff("the connection failed", { cause });
  }
}

function claimsOf(token: string): { jti: string; session_id: string } {
  const [, payload = ""] = token.split(".");
  return JSON.parse(Buffer.from(payload, "base64url").toString());
}

function oneOf<T>(choices: readonly T[]): T {
  const choice = choices[randomInt(choices.length)];
  if (choice === undefined) throw new Error("there is nothing to choose from");
  return choice;
}
