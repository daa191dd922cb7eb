import { createSecretKey, type KeyObject } from "node:crypto";
import { isLoopbackHostname } from "../process/loopback.ts";
import type { Environment } from "./environment.ts";

/** The proxy for calls to other machines. */
export interface ProxyConfig {
  /** The name of its variable. */
  readonly variable: string;
  /** Its scheme, host and port. */
  readonly origin: string;
  /** The `Proxy-Authorization` header; null without credentials. */
  readonly authorization: KeyObject | null;
  /** The hosts to call without the proxy, in undici's form: comma-separated, `*` for all. */
  readonly noProxy: string;
}

/**
 * The proxy from the usual variables, in upper or lower case. They apply to the whole machine, so Stagepass ignores them if all its
 * calls stay on the machine.
 *
 * @param targets the URLs of the calls
 */
export function proxyOf(
  env: Environment,
  targets: readonly (string | null | undefined)[],
): ProxyConfig | null {
  const isFar = (target: string | null | undefined) =>
    target != null && !isLoopbackHostname(new URL(target).hostname);
  if (!targets.some(isFar)) return null;
  // As in undici, HTTP_PROXY also applies to https: URLs if HTTPS_PROXY is not set.
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

/** The name that is set, in upper or lower case; null if neither is. */
function nameOf<N extends Name>(env: Environment, name: N): N | Lowercase<N> | null {
  const small = name.toLowerCase() as Lowercase<N>;
  if (!env.has(small)) return env.has(name) ? name : null;
  if (env.has(name) && env.get(name) !== env.get(small)) {
    env.problem(name, `must be the same as ${small}; unset one of them`);
  }
  return small;
}

/** The error does not show the value, which may contain a password. */
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

/** Warns of entries that match nothing, because programs support different forms. */
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
