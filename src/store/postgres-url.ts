import { userInfo } from "node:os";
import { checkedParameters, type Parameters } from "./postgres-parameters.ts";
import { type PostgresTls, tlsOf } from "./postgres-tls.ts";

/** One host of a database. */
export interface PostgresHost {
  /** A name, an IP address, or the folder of a Unix socket, which begins with a slash. */
  readonly host: string;
  readonly port: number;
}

/** The address of a PostgreSQL database, with all connection settings. */
export interface PostgresAddress {
  readonly engine: "postgres";
  /** In the order of the attempts. */
  readonly hosts: readonly PostgresHost[];
  readonly user: string;
  /** Null if the URL has none. */
  readonly password: string | null;
  readonly database: string;
  /** Null for connections without TLS. */
  readonly tls: PostgresTls | null;
  /** Settings that are sent to PostgreSQL when a connection begins. */
  readonly settings: Readonly<Parameters>;
  /** The parameters that the URL sets, with `user`, `password` and `port`. The others have their defaults. */
  readonly said: ReadonlySet<string>;
  /** Whether a read-only host will do, which only commands that read can use. */
  readonly target: "read-write" | "any";
}

/**
 * Credentials, hosts, database and parameters. An @ after the hosts does not match: it means that a / or ? in the password is
 * not encoded, and part of the password would become a host, which is not secret.
 */
const POSTGRES_URL = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^@/?#]*)(?:\/([^@/?#]*))?(?:\?([^@#]*))?$/;

const FORM =
  "must be a URL such as postgres://user:password@host:5432/stagepass, with the user and the password percent-encoded (several hosts: a:5432,b:5432)";

/** @throws {Error} with the violated rule, without any part of a password */
export function postgresAddress(url: string): PostgresAddress {
  const match = POSTGRES_URL.exec(url);
  if (match === null) throw new Error(FORM);
  const [, credentials = "", authority = "", path = "", query = ""] = match;
  const parameters = checkedParameters(new URLSearchParams(query));
  const { application_name, options } = parameters;
  const [, userBefore = "", passwordBefore = ""] = /^([^:]*):?(.*)$/.exec(credentials) ?? [];
  const user = once("user", decoded(userBefore), parameters.user);
  const password = once("password", decoded(passwordBefore), parameters.password);
  const hosts = hostsOf(authority, parameters);
  const tls = tlsOf(parameters);
  if (tls !== null && hosts.some(isSocket))
    throw new Error("must not have TLS over a Unix socket; remove sslmode and the other ssl parameters");
  const parts = { user, password, port: /:\d+(,|$)/.test(authority) || null };
  return {
    engine: "postgres",
    hosts,
    user: user ?? ownName(),
    password,
    database: databaseOf(once("database", decoded(path), parameters.dbname)),
    tls,
    settings: { ...(application_name && { application_name }), ...(options && { options }) },
    said: new Set([
      ...Object.keys(parameters),
      ...Object.entries(parts).flatMap(([name, value]) => (value ? name : [])),
    ]),
    target: targetOf(parameters.target_session_attrs),
  };
}

/** The user of the operating system, as in libpq. In a container, it may have no name. */
function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    throw new Error("must name the user, such as postgres://user:password@host:5432/stagepass");
  }
}

/** Whether a host is the folder of a Unix socket. */
export function isSocket({ host }: PostgresHost): boolean {
  return host.startsWith("/");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error("must percent-encode the user, the password and the database; write %25 for %");
  }
}

/** A part of the URL that is set before the parameters or in one of them, not in both. */
function once(what: string, said: string, parameter: string | undefined): string | null {
  if (said !== "" && parameter !== undefined)
    throw new Error(`must set the ${what} once; remove it from the parameters`);
  return said || parameter || null;
}

function databaseOf(name: string | null): string {
  if (name !== null) return name;
  throw new Error(
    "must name the database after the host, such as postgres://user:password@host:5432/stagepass",
  );
}

/** A session that accepts writes is never on a standby, so `primary` means the same as `read-write`. */
function targetOf(target = "read-write"): "read-write" | "any" {
  if (target === "read-write" || target === "primary") return "read-write";
  if (target === "any") return target;
  throw new Error(
    "target_session_attrs must be read-write or primary, because Stagepass writes; otherwise remove it",
  );
}

/** A host name, or an address in brackets, and a port. */
const HOST = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/i;

/** The hosts before the path, or those of the parameter `host`. Ignores `localhost` before sockets, which many tools write. */
function hostsOf(authority: string, { host, port }: Parameters): PostgresHost[] {
  const before = authority === "" ? [] : authority.split(",").map(hostOf);
  if (host === undefined) {
    if (before.length === 0)
      throw new Error(
        "must name the host: postgres://user:password@host:5432/stagepass, or ?host= and the folder of a Unix socket",
      );
    return before.map((each, index) => ({
      host: each.host,
      port: portOf(each.port, port, index, before.length),
    }));
  }
  const hosts = host.split(",");
  const [first, ...others] = before;
  if (
    first &&
    (others.length > 0 || first.host !== "localhost" || !hosts.every((each) => each.startsWith("/")))
  )
    throw new Error("must set the host once; remove it from the parameters");
  if (hosts.includes("")) throw new Error(FORM);
  return hosts.map((each, index) => ({ host: each, port: portOf(first?.port, port, index, hosts.length) }));
}

function hostOf(text: string): { host: string; port: string | undefined } {
  const [, address, name = "", port] = HOST.exec(text) ?? [];
  const host = address ?? decoded(name);
  if (host === "" || (port !== undefined && !isPort(port))) throw new Error(FORM);
  return { host, port };
}

/** The port of a host. One port may serve for all hosts, as in libpq. */
function portOf(
  own: string | undefined,
  parameter: string | undefined,
  index: number,
  count: number,
): number {
  if (parameter === undefined) return Number(own ?? 5432);
  if (own !== undefined) throw new Error("must set the port once; remove it from the parameters");
  const ports = parameter.split(",");
  const port = ports.length === 1 ? ports[0] : ports[index];
  if (port === undefined || !isPort(port) || (ports.length > 1 && ports.length !== count))
    throw new Error("port must be a number from 1 to 65535, or one for each host, separated by commas");
  return Number(port);
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}
