import { fileURLToPath } from "node:url";

/** Where the database is. */
export type DatabaseAddress =
  | {
      readonly engine: "sqlite";
      /** The path of the file; null for a database that is kept in memory only. */
      readonly file: string | null;
    }
  | {
      readonly engine: "postgres";
      /** The URL of each host, with the credentials, in the order in which hosts are tried. */
      readonly urls: readonly string[];
      /** Whether a read-only host will do; only commands that read can use one. */
      readonly target: "read-write" | "any";
    };

/**
 * Reads a URL of a database: `file:` and a path, `:memory:`, or `postgres://`,
 * which may have several hosts and `target_session_attrs`, as libpq's has.
 *
 * @throws {Error} with the rule that it breaks, and nothing of it: it may have a password
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  if (url === ":memory:") return { engine: "sqlite", file: null };
  if (/^postgres(ql)?:\/\//.test(url)) return postgresAddress(url);
  const file = pathOf(url);
  if (file !== null) return { engine: "sqlite", file };
  throw new Error(
    "must be file: and the path of the database, such as file:./data/stagepass.db, or :memory:, or a URL such as postgres://user:password@host:5432/stagepass",
  );
}

/**
 * The hosts, between what comes before and after them. An @ after them means that a / or ? in the password is not encoded:
 * then part of the password reads as a host, and is no secret any more.
 */
const POSTGRES_URL = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^@/?#]*)(\/[^@?#][^@]*)$/;

function postgresAddress(url: string): DatabaseAddress {
  const [, before, hosts = "", after] = POSTGRES_URL.exec(url) ?? [];
  const names = hosts.split(",");
  const urls = names.map((name) => `${before}${name}${after}`);
  const isValid = before !== undefined && urls.every((each) => URL.canParse(each));
  if (isValid && (names.length === 1 || !names.includes("")))
    return { engine: "postgres", urls, target: targetOf(urls[0]) };
  throw new Error(
    "must be a URL such as postgres://user:password@host:5432/stagepass, or postgres://user:password@a:5432,b:5432/stagepass with several hosts, with the user and the password percent-encoded",
  );
}

/** A session that accepts writes is never on a standby, so that `primary` needs no rule of its own. */
function targetOf(url = ""): "read-write" | "any" {
  const target = new URL(url).searchParams.get("target_session_attrs") ?? "read-write";
  if (target === "read-write" || target === "primary") return "read-write";
  if (target === "any") return target;
  throw new Error(
    "must have target_session_attrs=read-write or primary, or leave it out: Stagepass writes, which a standby refuses",
  );
}

function pathOf(url: string): string | null {
  try {
    if (url.startsWith("file://")) return fileURLToPath(url);
  } catch {
    return null;
  }
  return /^file:(?!\/\/)./.test(url) ? url.slice("file:".length) : null;
}

/** The address for a person to read, without the credentials. */
export function describeAddress(address: DatabaseAddress): string {
  if (address.engine === "sqlite") return address.file ?? "memory";
  const urls = address.urls.map((url) => new URL(url));
  return `${urls.map(({ host }) => host).join(",")}${urls[0]?.pathname}`;
}
