import { GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer } from "graphql-ws";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import type { Credentials } from "../access/credential.ts";
import type { OpenCredentials } from "../access/open-credentials.ts";
import { type Audit, noteRefusal } from "../audit/audit.ts";
import { StagepassError, Unauthenticated } from "../errors.ts";
import type { Begun, Subscribe, SubscribePayload } from "../graphql/subscriber.ts";
import type { InFlight } from "../shares/in-flight.ts";
import type { KnowClient } from "./callers.ts";
import type { OpenedSocket, SocketRoute } from "./socket-route.ts";
import { SubscriptionCounts } from "./subscription-counts.ts";
import { CLOSE, SubscriptionSocket } from "./subscription-socket.ts";

/** The longest message of a client, in bytes. */
export const MAX_MESSAGE = 32 * 1024;
/** How long a client may wait with its `connection_init`, in milliseconds. */
export const INIT_TIMEOUT = 3000;
/** The time between two pings, in milliseconds. A client that has not answered one by the next is cut off. */
const PING_EVERY = 12_000;

/** The dependencies of `SubscriptionSockets`. */
export interface SubscriptionSocketsParts {
  readonly know: KnowClient;
  readonly subscribe: Subscribe;
  readonly credentials: OpenCredentials;
  /** Counts each socket as one of its caller's connections. */
  readonly inFlight: InFlight<object>;
  readonly audit: Audit;
  readonly logger: Logger;
}

/** How the error of graphql-ws begins for a message that only servers send. */
const NOT_OF_A_CLIENT = "Unexpected message of type ";

type Params = Record<string, unknown>;

/** Serves subscriptions over WebSockets. The caller is known before anything runs. */
export class SubscriptionSockets {
  readonly #parts: SubscriptionSocketsParts;
  readonly #counts = new SubscriptionCounts();
  readonly #open = new Set<SubscriptionSocket>();
  readonly #server: ReturnType<typeof makeServer<Params, SubscriptionSocket>>;
  #pinging: NodeJS.Timeout | undefined;

  constructor(parts: SubscriptionSocketsParts) {
    this.#parts = parts;
    this.#server = makeServer<Params, SubscriptionSocket>({
      connectionInitWaitTimeout: INIT_TIMEOUT,
      onConnect: ({ connectionParams, extra }) => this.#connect(extra, connectionParams),
      onSubscribe: ({ extra }, _id, payload) => this.#subscribe(extra, payload as SubscribePayload),
      // biome-ignore lint/suspicious/noExplicitAny: `onSubscribe` has begun the subscription already
      subscribe: (args: any) => args.events,
    });
  }

  /** Serves them at a path. */
  at(path: string): SocketRoute {
    return {
      path,
      protocol: GRAPHQL_TRANSPORT_WS_PROTOCOL,
      maxPayload: MAX_MESSAGE,
      authenticates: true,
      accept: (socket, _request, opened) => this.#accept(socket, opened),
    };
  }

  #accept(socket: WebSocket, opened: OpenedSocket): void {
    const its = new SubscriptionSocket(socket, opened);
    const closed = this.#server.opened(
      {
        protocol: socket.protocol,
        send: (message) => its.send(message),
        close: (code = CLOSE.INTERNAL_ERROR, reason = "") => its.close(code, reason),
        onMessage: (handle) => {
          socket.on("message", (data) => {
            if (its.receive()) handle(String(data)).catch((error) => this.#fail(its, error));
          });
        },
      },
      its,
    );
    socket.on("ping", () => its.receive());
    socket.on("pong", () => {
      its.isAlive = true;
    });
    this.#open.add(its);
    this.#pinging ??= setInterval(() => this.#ping(), PING_EVERY).unref();
    socket.once("close", (code, reason) => {
      this.#leave(its);
      closed(code, String(reason)).catch((error) => this.#fail(its, error));
    });
  }

  async #connect(its: SubscriptionSocket, params: Params | undefined): Promise<boolean> {
    const { know, inFlight, credentials, audit } = this.#parts;
    const { opened, socket } = its;
    const { requestId, address } = opened;
    try {
      its.credentials = credentialsIn(params);
      its.caller = await know(its.credentials, opened.named);
      its.caller.origin = { requestId, address };
      // It may have closed meanwhile.
      if (!this.#open.has(its)) return false;
      inFlight.connected(its.caller.id, socket);
      opened.know(its.caller.id);
      credentials.hold(its);
      return true;
    } catch (error) {
      if (!(error instanceof StagepassError)) throw error;
      noteRefusal(audit, { requestId, address, caller: its.caller?.id }, error.extensions, error.message);
      const isRefused = error instanceof Unauthenticated;
      its.close(
        isRefused ? CLOSE.FORBIDDEN : CLOSE.TRY_AGAIN_LATER,
        isRefused ? reasonOf(error, params) : error.message,
      );
      return false;
    }
  }

  async #subscribe(its: SubscriptionSocket, payload: SubscribePayload) {
    // Other rules may give the caller another ID meanwhile.
    const { id } = its.caller;
    let events: Begun["events"] | undefined;
    const begun = await this.#parts.subscribe(payload, {
      caller: () => its.caller,
      requestId: its.opened.requestId,
      tooSlow: () => its.tooSlow(),
      enter: () => this.#counts.begin(its, id),
      leave: () => {
        this.#counts.end(its, id);
        if (events) its.running.delete(events);
      },
    });
    if ("events" in begun) {
      events = begun.events;
      its.running.add(events);
    }
    return begun;
  }

  #ping(): void {
    for (const its of this.#open) {
      if (!its.isAlive) its.socket.terminate();
      its.isAlive = false;
      its.socket.ping();
    }
  }

  #leave(its: SubscriptionSocket): void {
    const { credentials, inFlight } = this.#parts;
    this.#open.delete(its);
    credentials.release(its);
    inFlight.disconnected(its.socket);
    // graphql-ws knows only the last of those whose ID was used again before they had begun.
    for (const events of its.running) void events.return();
    if (this.#open.size > 0) return;
    clearInterval(this.#pinging);
    this.#pinging = undefined;
  }

  #fail(its: SubscriptionSocket, err: unknown): void {
    if (err instanceof Error && err.message.startsWith(NOT_OF_A_CLIENT)) {
      its.close(CLOSE.BAD_REQUEST, "Clients must not send messages of this type");
      return;
    }
    this.#parts.logger.error({ requestId: its.opened.requestId, err }, "unexpected error");
    its.close(CLOSE.INTERNAL_ERROR, "Internal server error");
  }
}

/** The credential in `connectionParams`. Names are in any case, as those of headers. */
function credentialsIn(params: Params = {}): Credentials {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(params)) {
    const header = name.toLowerCase();
    if ((header === "authorization" || header === "x-api-key") && typeof value === "string")
      found[header] = value;
  }
  return found;
}

function reasonOf({ message }: Unauthenticated, params: Params | undefined): string {
  return Object.keys(credentialsIn(params)).length === 0
    ? "connectionParams must have authorization (Bearer …) or x-api-key"
    : message;
}
