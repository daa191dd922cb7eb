import type { TypedDocument } from "./document.ts";
import { type Explanation, explain } from "./explain.ts";
import { JoinRoomDocument, JoinSessionDocument, type MediaMode, type Role } from "./generated/documents.ts";

/** Sends an operation, and resolves to its data. It rejects if the answer has errors. */
export type SendOperation = <Result, Variables>(
  document: TypedDocument<Result, Variables>,
  variables: Variables,
) => Promise<Result | null | undefined>;

/** The properties of the token. */
interface TokenOptions {
  /** The default is `PUBLISHER`. */
  readonly role?: Role | undefined;
  /** The user that the token is for, in your application's terms. */
  readonly identity?: string | undefined;
  /** Connection metadata, which every client in the session can read. */
  readonly data?: string | undefined;
  /** The lifetime in seconds. The default is 24 hours, or the caller's `maxLifetime` if that is shorter. */
  readonly expiresIn?: number | undefined;
}

/** Which token to get: for a room, which is created if it has no session, or for a known session. */
export type TokenRequest = TokenOptions &
  (
    | {
        readonly room: string;
        /** Only for a new room. An existing one must have the same. The default is `RELAYED`. */
        readonly mediaMode?: MediaMode | undefined;
        readonly sessionId?: undefined;
      }
    | { readonly sessionId: string; readonly room?: undefined; readonly mediaMode?: undefined }
  );

/** `applicationId`, `sessionId` and `token` are what the platform's SDK takes. */
export interface VideoToken {
  readonly applicationId: string;
  readonly sessionId: string;
  readonly token: string;
  /** By the server's clock, in ISO 8601. */
  readonly expiresAt: string;
}

/** What a token source has. A member that it does not have is undefined. */
export interface VideoTokenState {
  /**
   * - `idle`: it does not ask, and has no token.
   * - `asking`: it has no token yet.
   * - `ready`: it has a valid token.
   * - `waiting`: it has no token, and asks again by itself.
   * - `refused`: it has no token, and asks again only after `retry()`.
   */
  readonly status: "idle" | "asking" | "ready" | "waiting" | "refused";
  readonly applicationId: string | undefined;
  readonly sessionId: string | undefined;
  readonly token: string | undefined;
  readonly expiresAt: string | undefined;
  /** Why the last request failed; undefined after success. With status `ready`, a renewal failed. */
  readonly explanation: Explanation | undefined;
}

const EMPTY: Omit<VideoTokenState, "status"> = {
  applicationId: undefined,
  sessionId: undefined,
  token: undefined,
  expiresAt: undefined,
  explanation: undefined,
};
const IDLE: VideoTokenState = { ...EMPTY, status: "idle" };

/** The longest time between two looks at the clock, in milliseconds. Timers stop while a laptop sleeps. */
const LOOK = 30_000;
/** The first and the longest delay before a retry, in milliseconds, if the server names none. */
const [FIRST_DELAY, LAST_DELAY] = [1000, 60_000];
/** The longest time before the end at which a token is renewed, in milliseconds, without jitter. */
const MARGIN = 300_000;

/**
 * Starts a stopwatch. `performance.now()` can stop while a laptop sleeps, and the wall clock can be set back, so the
 * greater of both counts.
 */
function stopwatch(): () => number {
  const [steady, wall] = [performance.now(), Date.now()];
  return () => Math.max(performance.now() - steady, Date.now() - wall);
}

/**
 * A token that renews itself. It asks when the first subscriber comes, one request at a time, and stops when the last one
 * leaves. It repeats a request only if the error is retryable, and not before the server's `retryAfter`.
 */
export class VideoTokenSource {
  readonly #ask: () => Promise<VideoToken & { readonly createdAt: string }>;
  readonly #listeners = new Set<() => void>();
  #state: VideoTokenState = IDLE;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;
  /** Whether to ask again if the request under way fails: it may be from before the user logged in. */
  #isImpatient = false;
  /** Consecutive failures. */
  #failures = 0;
  /** When to ask, by a stopwatch; infinite if only `retry()` asks. */
  #next = { elapsed: stopwatch(), at: 0 };
  /** When the token ends. */
  #end = { elapsed: stopwatch(), at: 0 };

  constructor(send: SendOperation, request: TokenRequest) {
    this.#ask = () => askForToken(send, request);
  }

  /** Calls a listener after each change, until the returned function is called. Asks if there is no valid token. */
  readonly subscribe = (listener: () => void): (() => void) => {
    // Two subscriptions may use the same function.
    const own = () => listener();
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.#start();
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#stop();
    };
  };

  /** The state, which is the same object until it changes. */
  readonly getSnapshot = (): VideoTokenState => this.#state;

  /** Asks now, for example after the user logged in. Does nothing without subscribers. */
  readonly retry = (): void => {
    this.#failures = 0;
    this.#next = { elapsed: stopwatch(), at: 0 };
    this.#isImpatient = this.#isAsking;
    this.#look();
  };

  #start(): void {
    globalThis.addEventListener?.("online", this.#online);
    globalThis.addEventListener?.("pageshow", this.#look);
    globalThis.document?.addEventListener("visibilitychange", this.#look);
    this.#look();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    globalThis.removeEventListener?.("online", this.#online);
    globalThis.removeEventListener?.("pageshow", this.#look);
    globalThis.document?.removeEventListener("visibilitychange", this.#look);
  }

  readonly #online = (): void => {
    const code = this.#state.explanation?.code;
    if (code === "OFFLINE" || code === "UNREACHABLE") this.retry();
    else this.#look();
  };

  /** Does what is due by the clock, and sets the timer for what is due next. */
  readonly #look = (): void => {
    if (this.#listeners.size === 0) return;
    clearTimeout(this.#timer);
    if (this.#state.token !== undefined && left(this.#end) <= 0) {
      const { explanation } = this.#state;
      this.#become({ ...EMPTY, explanation, status: this.#statusWithoutToken(explanation) });
    }
    if (!this.#isAsking && left(this.#next) <= 0) this.#request();
    const due = Math.min(
      this.#isAsking ? LOOK : left(this.#next),
      this.#state.token === undefined ? LOOK : left(this.#end),
      LOOK,
    );
    this.#timer = setTimeout(this.#look, Math.max(due, 0));
  };

  #statusWithoutToken(explanation: Explanation | undefined): VideoTokenState["status"] {
    if (explanation === undefined) return "asking";
    return explanation.retryable ? "waiting" : "refused";
  }

  #request(): void {
    this.#isAsking = true;
    this.#isImpatient = false;
    if (this.#state.token === undefined) this.#become({ ...this.#state, status: "asking" });
    // From before the request, so that a slow answer does not make the token seem younger.
    const elapsed = stopwatch();
    this.#ask().then(
      ({ createdAt, applicationId, sessionId, token, expiresAt }) => {
        const lifetime = Date.parse(expiresAt) - Date.parse(createdAt);
        this.#end = { elapsed, at: lifetime };
        // The jitter keeps pages that opened together from asking together.
        this.#next = { elapsed, at: lifetime - Math.min(MARGIN, lifetime / 10) * (1 + Math.random()) };
        this.#failures = 0;
        const got = { applicationId, sessionId, token, expiresAt };
        this.#settle({ ...EMPTY, ...got, status: "ready" });
      },
      (error: unknown) => {
        const explanation = explain(error);
        const { retryable, retryAfter } = explanation;
        const backoff = Math.min(FIRST_DELAY * 2 ** this.#failures, LAST_DELAY);
        const delay = Math.max((retryAfter ?? 0) * 1000, backoff) * (1 + Math.random() / 4);
        this.#failures += 1;
        const at = this.#isImpatient ? 0 : retryable ? delay : Number.POSITIVE_INFINITY;
        this.#next = { elapsed: stopwatch(), at };
        const status = this.#state.token === undefined ? this.#statusWithoutToken(explanation) : "ready";
        this.#settle({ ...this.#state, explanation, status });
      },
    );
  }

  #settle(state: VideoTokenState): void {
    this.#isAsking = false;
    this.#become(state);
    this.#look();
  }

  #become(state: VideoTokenState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Milliseconds until an instant of a stopwatch. */
const left = ({ elapsed, at }: { elapsed: () => number; at: number }): number => at - elapsed();

/** An answer without errors and without a token. */
const NO_TOKEN = { errors: [] };

async function askForToken(
  send: SendOperation,
  request: TokenRequest,
): Promise<VideoToken & { readonly createdAt: string }> {
  const { room, sessionId, mediaMode, role, identity, data, expiresIn } = request;
  const options = { role, identity, data, expiresIn };
  if (sessionId !== undefined) {
    const result = await send(JoinSessionDocument, { sessionId, ...options });
    if (!result?.generateToken) throw NO_TOKEN;
    return result.generateToken;
  }
  const session = (await send(JoinRoomDocument, { room, mediaMode, ...options }))?.ensureSession;
  if (!session?.generateToken) throw NO_TOKEN;
  const { applicationId, sessionId: id, generateToken } = session;
  return { applicationId, sessionId: id, ...generateToken };
}
