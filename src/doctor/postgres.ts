import { reasonOf } from "../errors.ts";
import { isLoopback } from "../process/loopback.ts";
import { describeAddress } from "../store/database-address.ts";
import type { Database } from "../store/engine.ts";
import { lackingPrivileges, postgresFacts, writeAndUndo } from "../store/look.ts";
import { isSocket, type PostgresAddress } from "../store/postgres-url.ts";
import type { Finding } from "./finding.ts";

const finding = (ok: boolean | null, says: string): Finding => ({ what: "DATABASE_URL", ok, says });

/**
 * Whether the server could work with PostgreSQL.
 *
 * @param isCurrent whether its tables are of this version, so that a write can be tried
 */
export async function postgresFindings(
  database: Database,
  address: PostgresAddress,
  poolSize: number,
  isCurrent: boolean,
): Promise<Finding[]> {
  const { version, encoding, isReadOnly, connections, tls } = await postgresFacts(database);
  const what = `PostgreSQL ${version} at ${describeAddress(address)}, ${encoding}`;
  const refusal = isReadOnly
    ? "takes no writes: it is a standby, or default_transaction_read_only is on"
    : await whyNoWrites(database, isCurrent);
  const findings = [
    finding(
      refusal === null,
      `${what}: ${refusal ?? (isCurrent ? "can be read and written" : "can be read")}`,
    ),
  ];
  findings.push(tlsFinding(address, tls));
  if (poolSize > connections) {
    const says = `${poolSize} are more than PostgreSQL gives out to all, which are ${connections}`;
    findings.push({ what: "DATABASE_POOL_SIZE", ok: false, says });
  }
  return findings;
}

/** Null when it takes them, or none can be tried. */
async function whyNoWrites(database: Database, isCurrent: boolean): Promise<string | null> {
  if (!isCurrent) return null;
  const lacking = await lackingPrivileges(database);
  if (lacking.length > 0) return `its user lacks privileges: ${lacking.join(", ")}`;
  return writeAndUndo(database).then(
    () => null,
    (error) => `cannot be written: ${reasonOf(error)}`,
  );
}

/** @param version of TLS, as PostgreSQL says; null without it */
function tlsFinding({ hosts, tls }: PostgresAddress, version: string | null): Finding {
  const stays = hosts.every((each) => isSocket(each) || isLoopback(each.host));
  const remedy = "add sslmode=verify-full";
  if (version !== null) {
    const says = `the connection is encrypted, by ${version}`;
    if (stays || tls === null || tls.verifies === "host") return finding(true, says);
    return finding(null, `${says}, but it is not verified to whom: ${remedy}`);
  }
  if (stays) return finding(true, "the connection is not encrypted, and stays on this machine");
  return finding(null, `the connection is not encrypted: whoever is on the way can read it; ${remedy}`);
}
