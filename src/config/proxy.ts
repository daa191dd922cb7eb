import { createSecretKey, type KeyObject } from "node:crypto";
import { isLoopbackHostname } from "../process/loopback.ts";
import type { Environment } from "./environment.ts";

/** The proxy that calls to other machines go through. */
export interface ProxyConfig {
  /** The variable that names it. */
  readonly variable: string;
  /** Its scheme, host and port. */
  readonly origin: string;
  /** The `Proxy-Authorization` that it wants; null for none. */
  readonly authorization: KeyObject | null;
  /** The hosts that are called without it, as undici takes them: with commas between them, and `*` for all. */
  readonly noProxy: string;
}

/**
 * The proxy of the usual variables, in upper or lower case. They belong to the whole machine, so they are ignored where every call
 * stays on it.
 *
 * @param targets what is called
 */
export function proxyOf(
  env: Environment,
  targets: readonly (string | null | undefined)[],
): ProxyConfig | null {
  const isFar = (target: string | null | undefined) =>
    target != null && !isLoopbackHostname(new URL(target).hostname);
  if (!targets.some(isFar)) return null;
  // As undici has it: the proxy of http: URLs is for https: URLs, too, where they have none of their own.
  const variable = nameOf(env, "HTTPS_PROXY") ?? nameOf(env, "HTTP_PROXY");
  if (variable === null) {
    if (env.has("ALL_PROXY") || env.has("all_proxy")) {
      env.note(
        "HTTPS_PROXY",
        "is not set, and Stagepass does not read ALL_PROXY; set HTTPS_PROXY to use the proxy",
      );
    }
    return null;
  }
  const noProxy = noProxyOf(env);
  const proxy = env.read(variable, proxyUrl);
  return proxy && { variable, noProxy, ...proxy };
}

type Name = "HTTPS_PROXY" | "HTTP_PROXY" | "NO_PROXY";

/** The name under which a variable is set, in upper or lower case; null where it is not set. */
function nameOf<N extends Name>(env: Environment, name: N): N | Lowercase<N> | null {
  const small = name.toLowerCase() as Lowercase<N>;
  if (!env.has(small)) return env.has(name) ? name : null;
  if (env.has(name) && env.get(name) !== env.get(small)) {
    env.problem(name, `must be the same as ${small}; unset one of them`);
  }
  return small;
}

/** The error does not show the value, which may have a password. */
function proxyUrl(value: string): Pick<ProxyConfig, "origin" | "authorization"> {
  const given = value.includes("://") ? value : `http://${value}`;
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname.length > 1 || url.search || url.hash) {
    throw new Error(
      "must be an http: or https: URL without a path, such as http://user:password@proxy.example.com:3128, with special characters of the password percent-encoded",
    );
  }
  const { username, password, origin } = url;
  if (username === "" && password === "") return { origin, authorization: null };
  const credentials = `${decoded(username)}:${decoded(password)}`;
  const header = `Basic ${Buffer.from(credentials).toString("base64")}`;
  return { origin, authorization: createSecretKey(header, "utf8") };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error("must have a percent-encoded user and password: write %25 for %");
  }
}

/** Warns of entries that match nothing: programs differ in what they understand. */
function noProxyOf(env: Environment): string {
  const name = nameOf(env, "NO_PROXY");
  if (name === null) return "";
  const entries = (env.get(name) ?? "").split(/[\s,]+/).filter((entry) => entry !== "");
  if (entries.includes("*")) return "*";
  const strange = entries.filter((entry) => !/^(\*?\.)?[^*/]+$/.test(entry));
  if (strange.length > 0) {
    env.note(
      name,
      `has ${strange.length} entries that match nothing: a range or a * within a name; write whole names or .example.com`,
    );
  }
  return entries.join(",");
}
