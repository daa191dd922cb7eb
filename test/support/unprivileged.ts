import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";

/** A user who may do nothing, where the tests run as root; else whoever runs them. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** Gives a folder to that user. */
export function giveAway(folder: string): void {
  if (NOBODY.uid !== undefined) execFileSync("chown", ["-R", `${NOBODY.uid}:${NOBODY.gid}`, folder]);
}

/** What npm needs to reach its registry, which is set up for whoever runs the tests, and no cache of theirs. */
export function npmEnvironment(home: string): Record<string, string> {
  const config = JSON.parse(
    execFileSync("npm", ["config", "list", "--json"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );
  const names = ["registry", "proxy", "https-proxy", "noproxy", "cafile", "strict-ssl"];
  const set = names.filter((name) => ![null, undefined, ""].includes(config[name]));
  return {
    HOME: home,
    npm_config_cache: `${home}/.npm`,
    npm_config_update_notifier: "false",
    ...Object.fromEntries(
      set.map((name) => [`npm_config_${name.replaceAll("-", "_")}`, String(config[name])]),
    ),
    ...(process.env.NODE_EXTRA_CA_CERTS && { NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS }),
  };
}

/** Starts a program as that user, with nothing in its environment but `env`. */
export function spawnUnprivileged(cwd: string, command: readonly string[], env: Record<string, string>) {
  const [program = "", ...args] = command;
  const environment = { PATH: process.env.PATH, ...env };
  const child = spawn(program, args, { cwd, env: environment, detached: true, ...NOBODY });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  return {
    /** Whether it runs no more. */
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    /** Tells it to stop with all that it has started, as a terminal does. */
    stop: (signal: NodeJS.Signals) => child.pid !== undefined && process.kill(-child.pid, signal),
    output: () => output,
    errors: () => errors,
    exited: once(child, "close").then(([code]) => ({ code: code as number | null, output, errors })),
  };
}
