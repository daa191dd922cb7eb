import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { it, onTestFinished } from "vitest";
import { readProxyConfig } from "./compose.ts";
import { freePort } from "./postgres.ts";
import { findProgram } from "./programs.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** The path of an nginx of this machine: `NGINX_PATH`, or one in the usual places; null where there is none. */
export const NGINX =
  process.env.NGINX_PATH || findProgram(["nginx"], ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"]);

if (NGINX === null) {
  process.stderr.write("Tests of the proxy are skipped: no nginx was found; NGINX_PATH says where one is\n");
}

/** A test with `startProxy`, which is skipped where there is no nginx. */
export const itBehindNginx = it.skipIf(NGINX === null);

/** The nginx of compose.yaml, with the replicas at these ports of this machine. */
export async function startProxy(ports: readonly [number, number]) {
  if (NGINX === null) throw new Error("no nginx was found; NGINX_PATH says where one is");
  const folder = temporaryFolder();
  // Its workers are another user where it is root's.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const config = join(folder, "nginx.conf");
  writeFileSync(config, here(readProxyConfig(), { folder, port, ports, nginx: NGINX }));
  const log = join(folder, "log");
  // A file, because /dev/stdout cannot be opened where it is a socket, as pipes of Node.js are.
  const output = openSync(log, "a");
  const child = spawn(NGINX, ["-e", "stderr", "-p", folder, "-c", config, "-g", "daemon off;"], {
    stdio: ["ignore", output, output],
  });
  const exited = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await exited;
  });
  const readLog = () => readFileSync(log, "utf8");
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`nginx has ended: ${readLog()}`);
  }
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    port,
    /** What the configuration calls /tmp. */
    folder,
    log: readLog,
  };
}

interface Here {
  readonly folder: string;
  readonly port: number;
  readonly ports: readonly [number, number];
  readonly nginx: string;
}

/** A configuration for this machine. */
function here(config: string, { folder, port, ports, nginx }: Here): string {
  const [first, second] = ports;
  const changed = config
    .replaceAll("/tmp/", `${folder}/`)
    .replace("listen 8080", `listen 127.0.0.1:${port}`)
    .replace("replica-1:4000", `127.0.0.1:${first}`)
    .replace("replica-2:4000", `127.0.0.1:${second}`);
  return resolves(nginx) ? changed : changed.replaceAll(" resolve ", " ");
}

/** Whether an nginx looks for the addresses of its upstreams again: since 1.27.3. */
function resolves(nginx: string): boolean {
  const { stderr } = spawnSync(nginx, ["-v"], { encoding: "utf8" });
  const [, major = 0, minor = 0, patch = 0] = (/(\d+)\.(\d+)\.(\d+)/.exec(stderr) ?? []).map(Number);
  return major * 1e6 + minor * 1e3 + patch >= 1_027_003;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => setTimeout(resolve, 20, false));
  });
}
