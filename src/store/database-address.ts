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
      /** With the credentials. */
      readonly url: string;
    };

/**
 * Reads a URL of a database: `file:` and a path, `:memory:`, or `postgres://`.
 *
 * @throws {Error} with the rule that it breaks, and nothing of it: it may have a password
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  if (url === ":memory:") return { engine: "sqlite", file: null };
  if (/^postgres(ql)?:\/\//.test(url)) return { engine: "postgres", url: checkedUrl(url) };
  const file = pathOf(url);
  if (file !== null) return { engine: "sqlite", file };
  throw new Error(
    "must be file: and the path of the database, such as file:./data/stagepass.db, or :memory:, or a URL such as postgres://user:password@host:5432/stagepass",
  );
}

/** What is before an @ is read as something else when a / or ? in a password is not encoded, and then is no secret any more. */
function checkedUrl(url: string): string {
  const { pathname, search, hash } = URL.canParse(url)
    ? new URL(url)
    : { pathname: "@", search: "", hash: "" };
  if (pathname.length > 1 && !`${pathname}${search}${hash}`.includes("@")) return url;
  throw new Error(
    "must be a URL such as postgres://user:password@host:5432/stagepass, with the user and the password percent-encoded",
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
  const { host, pathname } = new URL(address.url);
  return `${host}${pathname}`;
}
