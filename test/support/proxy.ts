import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { it, onTestFinished } from "vitest";
import { readDeployed } from "./compose.ts";
import { freePort } from "./postgres.ts";
import { findProgram } from "./programs.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A proxy with a configuration in deploy/. */
export type ProxyName = "nginx" | "haproxy";

const FOLDERS = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"];

/** The paths of this machine's proxies: `NGINX_PATH` and `HAPROXY_PATH`, or the usual places; null without one. */
const PROGRAMS: Readonly<Record<ProxyName, string | null>> = {
  nginx: process.env.NGINX_PATH || findProgram(["nginx"], FOLDERS),
  haproxy: process.env.HAPROXY_PATH || findProgram(["haproxy"], FOLDERS),
};

for (const [name, program] of Object.entries(PROGRAMS)) {
  if (program !== null) continue;
  process.stderr.write(
    `Tests of the proxy are skipped: no ${name} was found; ${name.toUpperCase()}_PATH says where one is\n`,
  );
}

/** Whether `startProxy(…, "nginx")` works here. */
export const HAS_NGINX = PROGRAMS.nginx !== null;

/** A test with `startProxy(…, "nginx")`, skipped without nginx. */
export const itBehindNginx = it.skipIf(!HAS_NGINX);

/** A test with `startProxy(…, "haproxy")`, skipped without HAProxy. */
export const itBehindHaproxy = it.skipIf(PROGRAMS.haproxy === null);

/** Each proxy, and its `it`. */
export const PROXIES = [
  ["nginx", itBehindNginx],
  ["haproxy", itBehindHaproxy],
] as const;

/** The program of a proxy. */
export function programOf(name: ProxyName): string {
  const program = PROGRAMS[name];
  if (program === null) throw new Error(`no ${name} was found; ${name.toUpperCase()}_PATH says where one is`);
  return program;
}

/**
 * The proxy with its configuration from deploy/, and the replicas at these ports of this machine.
 *
 * @param location an additional location for nginx
 */
export async function startProxy(ports: readonly [number, number], name: ProxyName = "nginx", location = "") {
  const program = programOf(name);
  const folder = temporaryFolder();
  // If it runs as root, its workers run as another user.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const { file, adapt, args } = SETUPS[name];
  const config = join(folder, file);
  const deployed = readDeployed(file).replace("    location / {", `${location}    location / {`);
  writeFileSync(config, adapt(atPorts(deployed, ports), { folder, port, program }));
  const log = join(folder, "log");
  // A file, because /dev/stdout may be a socket here, which cannot be opened.
  const output = openSync(log, "a");
  const child = spawn(program, args(folder, config), { stdio: ["ignore", output, output] });
  const exited = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await exited;
  });
  const readLog = () => readFileSync(log, "utf8");
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`${name} has ended: ${readLog()}`);
  }
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    port,
    /** The folder for /tmp in nginx's configuration. */
    folder,
    log: readLog,
  };
}

interface Here {
  readonly folder: string;
  readonly port: number;
  readonly program: string;
}

interface Setup {
  readonly file: string;
  readonly args: (folder: string, config: string) => string[];
  /** The configuration for this machine. */
  readonly adapt: (config: string, here: Here) => string;
}

const SETUPS: Readonly<Record<ProxyName, Setup>> = {
  nginx: {
    file: "nginx.conf",
    args: (folder, config) => ["-e", "stderr", "-p", folder, "-c", config, "-g", "daemon off;"],
    adapt(config, { folder, port, program }) {
      const changed = config
        .replaceAll("/tmp/", `${folder}/`)
        .replace("listen 8080", `listen 127.0.0.1:${port}`);
      return resolves(program) ? changed : changed.replaceAll(" resolve ", " ");
    },
  },
  haproxy: {
    file: "haproxy.cfg",
    args: (_, config) => ["-db", "-f", config],
    adapt: (config, { port }) => config.replace("bind :8080", `bind 127.0.0.1:${port}`),
  },
};

const atPorts = (config: string, [first, second]: readonly [number, number]) =>
  config
    .replaceAll("replica-1:4000", `127.0.0.1:${first}`)
    .replaceAll("replica-2:4000", `127.0.0.1:${second}`);

/** Whether an nginx resolves its upstreams again: since 1.27.3. */
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
