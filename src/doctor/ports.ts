import { once } from "node:events";
import { createServer } from "node:net";
import type { Config } from "../config/config.ts";
import { type Address, listening } from "../process/listen.ts";
import { type Finding, findingsOf } from "./finding.ts";
import { readText } from "./read-text.ts";

/** The timeout for a program that already listens on the port, in milliseconds. */
const TIMEOUT = 2000;

/** Whether the server can listen on its ports, or already does. */
export async function lookAtPorts({ host, port, metrics }: Config): Promise<Finding[]> {
  const main = lookAtPort({ host, port, variables: { host: "HOST", port: "PORT" } }, "/livez", isLive);
  if (metrics === null) return main;
  const variables = { host: "METRICS_HOST", port: "METRICS_PORT" };
  const ofMetrics = lookAtPort({ ...metrics, variables }, "/metrics", (body) =>
    body.includes("stagepass_info"),
  );
  return (await Promise.all([main, ofMetrics])).flat();
}

/** @param isOurs whether the body at the path is from a Stagepass server */
async function lookAtPort(
  address: Address,
  path: string,
  isOurs: (body: string) => boolean,
): Promise<Finding[]> {
  const { host, port, variables } = address;
  let says = port === 0 ? "0: the system chooses a free port" : `${port} is free on ${host}`;
  try {
    await listening(address, async () => {
      try {
        await listenForAMoment(address);
      } catch (error) {
        const isUsed = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
        if (!isUsed || !(await answers(`http://${reachable(host)}:${port}${path}`, isOurs))) throw error;
        says = `a Stagepass server already uses ${port} on ${host}`;
      }
    });
    return [{ what: variables.port, ok: true, says }];
  } catch (error) {
    return findingsOf(error, variables.port);
  }
}

async function listenForAMoment({ host, port }: Address): Promise<void> {
  const server = createServer();
  try {
    await once(server.listen({ host, port, exclusive: true }), "listening");
  } finally {
    server.close();
  }
}

async function answers(url: string, isOurs: (body: string) => boolean): Promise<boolean> {
  return readText(url, TIMEOUT).then(isOurs, () => false);
}

/** The host to use in a URL. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

function isLive(body: string): boolean {
  return body === JSON.stringify({ status: "live" });
}
