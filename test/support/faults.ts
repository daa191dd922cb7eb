import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { LONG } from "./long.ts";

/** The time after which a call counts as hung, in milliseconds. */
const HANG = 10_000;
/** How many consecutive calls must get tokens after a fault. */
const ENOUGH = 50;

/** The beginning and end of a call, in milliseconds of `performance.now()`. */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

/** A request for a token. Without a token or a code, it hung or its connection broke. */
export interface Call extends Span {
  /** The HTTP status; 0 without an answer. */
  readonly status: number;
  readonly token: string | null;
  readonly code: string | null;
}

/** An answer of `/readyz`; status 0 without one. */
export interface Probe extends Span {
  readonly status: number;
}

/** Sends one operation, with a credential if there is one. */
export async function graphql(url: string, query: string, credential?: string) {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(credential && { authorization: `Bearer ${credential}` }),
    },
    body: JSON.stringify({ query }),
    signal: AbortSignal.timeout(HANG),
  });
  return { status: response.status, headers: response.headers, ...(await response.json()) };
}

/** Creates a session, and resolves to its ID. */
export async function newSession(url: string, credential?: string): Promise<string> {
  const { data } = await graphql(url, "mutation { createSession { sessionId } }", credential);
  return data.createSession.sessionId;
}

/** Requests one token. */
export async function askForToken(url: string, sessionId: string, credential?: string): Promise<Call> {
  const begin = performance.now();
  const query = `mutation { generateToken(sessionId: "${sessionId}") { token } }`;
  const answer = await graphql(url, query, credential).catch(() => null);
  return {
    begin,
    end: performance.now(),
    status: answer?.status ?? 0,
    token: answer?.data?.generateToken?.token ?? null,
    code: answer?.errors?.[0]?.extensions?.code ?? null,
  };
}

/** Requests `/readyz` from the server at a URL. */
export async function probe(url: string): Promise<Probe> {
  const begin = performance.now();
  const answer = fetch(new URL("/readyz", url), { signal: AbortSignal.timeout(HANG) });
  const status = await answer.then((response) => response.status).catch(() => 0);
  return { begin, end: performance.now(), status };
}

/** Clients that keep requesting tokens, from each server in turn. */
export function startClients(urls: readonly string[], sessionId: string, credential?: string) {
  const calls: Call[] = [];
  const loops: Promise<void>[] = [];
  let stopped = false;
  onTestFinished(() => {
    stopped = true;
  });
  const loop = async (first: number) => {
    for (let i = first; !stopped; i++) {
      calls.push(await askForToken(urls[i % urls.length] ?? "", sessionId, credential));
      await sleep(10);
    }
  };
  return {
    /** Every call that has ended. */
    calls,
    /** Starts more clients. */
    add(count: number) {
      for (let i = 0; i < count; i++) loops.push(loop(loops.length));
    },
    /** Waits until the last calls all began after an instant and got tokens, at most this many milliseconds. */
    async recover(since: number, limit: number): Promise<void> {
      const good = () => calls.slice(-ENOUGH).filter(({ begin, token }) => begin > since && token !== null);
      await expect.poll(() => good().length, { timeout: limit }).toBe(ENOUGH);
    },
    /** Resolves to all calls when the last has ended. */
    async stop(): Promise<Call[]> {
      stopped = true;
      await Promise.all(loops);
      return calls;
    },
  };
}

/** Requests this many tokens a second, evenly spaced, without waiting for answers. */
export function startSteadyLoad(url: string, sessionId: string, perSecond: number, credential?: string) {
  const calls: Promise<Call>[] = [];
  const begin = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - begin) / 1000) * perSecond;
    while (calls.length < due) calls.push(askForToken(url, sessionId, credential));
  }, 5);
  onTestFinished(() => clearInterval(timer));
  return {
    /** Resolves to all calls when the last has ended. */
    stop(): Promise<Call[]> {
      clearInterval(timer);
      return Promise.all(calls);
    },
  };
}

/** Probes twice a second, as an orchestrator does, without waiting for answers. */
export function startProbes(url: string) {
  const probes: Promise<Probe>[] = [];
  const answered: Probe[] = [];
  const ask = async () => {
    const answer = await probe(url);
    answered.push(answer);
    return answer;
  };
  const timer = setInterval(() => probes.push(ask()), 500);
  onTestFinished(() => clearInterval(timer));
  return {
    /** Waits until a probe after an instant finds the server ready, at most this many milliseconds. */
    async recover(since: number, limit: number): Promise<void> {
      const ready = () => answered.some(({ begin, status }) => begin > since && status === 200);
      await expect.poll(ready, { timeout: limit }).toBe(true);
    },
    /** Resolves to all probes when the last is answered. */
    stop(): Promise<Probe[]> {
      clearInterval(timer);
      return Promise.all(probes);
    },
  };
}

/** The `jti` of a token. */
function idOf(token: string): string {
  const [, payload = ""] = token.split(".");
  return JSON.parse(Buffer.from(payload, "base64url").toString()).jti;
}

/** The IDs of delivered tokens that are not on the ledger. There must be none. */
function missingRecords(calls: readonly Call[], recorded: readonly string[]): string[] {
  const records = new Set(recorded);
  return calls.flatMap(({ token }) => (token === null ? [] : [idOf(token)])).filter((id) => !records.has(id));
}

/** The effect of a fault on callers. */
export interface Figures {
  readonly fault: string;
  readonly requests: number;
  readonly failed: number;
  /** From the end of the fault to the last failure, in milliseconds; 0 without later failures. */
  readonly recovery: number;
  /** Tokens delivered without a record. */
  readonly missing: number;
}

/**
 * The figures of a fault; `npm run test:long` prints them.
 *
 * @param end when the cause of the fault was removed
 */
export function figuresOf(
  fault: string,
  calls: readonly Call[],
  end: number,
  recorded: readonly string[],
): Figures {
  const failures = calls.filter(({ token }) => token === null);
  const figures = {
    fault,
    requests: calls.length,
    failed: failures.length,
    recovery: Math.round(Math.max(0, ...failures.map((call) => call.end - end))),
    missing: missingRecords(calls, recorded).length,
  };
  if (LONG) process.stdout.write(`${JSON.stringify(figures)}\n`);
  return figures;
}
