import { checkSignal } from "../domain/signal.ts";
import { CREDENTIAL_NAMES, type RestEnvironment } from "./credential-names.ts";
import { NotInSession, type Platform } from "./platform.ts";
import { type RestCallerOptions, type RestRequest, restCaller } from "./rest-call.ts";
import { type ReadSuccess, readConnections, readDone, readStreams, roomAnswer } from "./room-answer.ts";
import { roomRequests } from "./room-requests.ts";
import { sessionIdOf } from "./session-answer.ts";
import { sessionRequest } from "./session-request.ts";

/** The settings of a platform with a REST API. */
export interface RestPlatformOptions extends RestCallerOptions {
  readonly environment: RestEnvironment;
  readonly applicationId: string;
}

/** The platform's REST API, which OpenTok and Vonage share except for some bodies. All calls share one circuit breaker. */
export function restPlatform(options: RestPlatformOptions): Platform {
  const { environment, applicationId, timeout } = options;
  const names = CREDENTIAL_NAMES[environment];
  const requests = roomRequests(environment, applicationId);
  const call = restCaller(options);

  /** Resolves to null if the platform finds nothing with these IDs. */
  const ask = async <T>(request: RestRequest | null, read: ReadSuccess<T>, act: string, now: Date) => {
    if (request === null) return null;
    return call({ ...request, read: (answer) => roomAnswer(answer, read, { act }, names, now) }, now);
  };

  const command = async (request: RestRequest | null, act: string, notFound: string, now: Date) => {
    if ((await ask(request, readDone, act, now)) === null) throw new NotInSession(notFound);
  };

  return {
    applicationId,
    timeout,
    createSession: (session, now) =>
      call(
        { ...sessionRequest(session), read: (answer) => sessionIdOf(answer, applicationId, names, now) },
        now,
      ),
    connections: async (sessionId, now) =>
      (await ask(requests.connections(sessionId), readConnections, "list connections", now)) ?? [],
    streams: async (sessionId, now) =>
      (await ask(requests.streams(sessionId), readStreams, "list streams", now)) ?? [],
    disconnect: (sessionId, connectionId, now) =>
      command(requests.disconnect(sessionId, connectionId), "disconnect a client", NO_CLIENT, now),
    muteStream: (sessionId, streamId, now) =>
      command(
        requests.muteStream(sessionId, streamId),
        "mute a stream",
        "The session has no such stream",
        now,
      ),
    muteAll: (sessionId, state, now) =>
      command(
        requests.muteAll(sessionId, state),
        state.active ? "mute a session" : "stop muting a session",
        NOBODY,
        now,
      ),
    async signal(sessionId, connectionId, signal, now) {
      checkSignal(signal);
      await command(
        requests.signal(sessionId, connectionId, signal),
        "send a signal",
        connectionId === null ? NOBODY : NO_CLIENT,
        now,
      );
    },
  };
}

const NO_CLIENT = "The client is not connected to the session";
const NOBODY = "Nobody is connected to the session";
