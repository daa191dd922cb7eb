import { once } from "node:events";
import { type Agent, request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { EVERYTHING, signedJwt } from "./callers.ts";
import { type Behaviour, startFaultServer } from "./fault-server.ts";
import { type ProxyName, startProxy } from "./proxy.ts";

/** A credential with every permission. */
export const MAY = signedJwt(EVERYTHING);
/** A mutation. */
export const CREATE = "mutation { createSession { sessionId generateToken { token } } }";
/** The answer of both proxies if no replica answers. */
export const UNAVAILABLE = { errors: [{ extensions: { code: "SERVICE_UNAVAILABLE" } }] };

interface Asked {
  readonly body?: string;
  readonly credential?: string;
  readonly path?: string;
}

/** A POST and its JSON answer. */
export async function post(
  { url }: { url: string },
  { body, credential = MAY, path = "/graphql" }: Asked = {},
) {
  const response = await fetch(new URL(path, url), {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${credential}` },
    body: body ?? JSON.stringify({ query: CREATE }),
  });
  return { status: response.status, answer: await response.json() };
}

/** A POST from an address of this machine, and its answer. */
export async function postFrom(
  { port }: { port: number },
  { address = "127.0.0.1", agent = false as Agent | false, headers = {}, query = "{ __typename }" },
) {
  const request = httpRequest({
    port,
    agent,
    host: "127.0.0.1",
    localAddress: address,
    method: "POST",
    path: "/graphql",
    headers: { "content-type": "application/json", ...headers },
  });
  request.end(JSON.stringify({ query }));
  const [response] = await once(request, "response");
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, headers: response.headers, answer: JSON.parse(text) };
}

/** An unfinished request, with its whole head and the beginning of its body. */
export function begin({ port }: { port: number }, length: string): Socket {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  socket.write(
    `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${length}\r\n\r\n`,
  );
  return socket;
}

/** The proxy in front of two controlled replicas. */
export async function startStandIns(behaviour: Behaviour, name?: ProxyName) {
  const standIns = await Promise.all([startFaultServer(behaviour), startFaultServer(behaviour)]);
  for (const standIn of standIns) onTestFinished(() => standIn.close());
  const proxy = await startProxy([standIns[0].port, standIns[1].port], name);
  // Without the proxy's own requests.
  const received = () =>
    standIns.flatMap((standIn) => standIn.received.filter(({ path }) => path !== "/readyz"));
  return { proxy, standIns, received };
}

/** An answer of a replica. */
export const succeed: Behaviour = (response) =>
  response.writeHead(200, { "content-type": "application/json" }).end('{"data":{}}');

/** The lines of a proxy's log about requests. HAProxy also has lines about replicas. */
export const unanswered = ({ log }: { log: () => string }) =>
  log()
    .split("\n")
    .filter((line) => / \d{3} from /.test(line));
