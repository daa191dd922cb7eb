import { reasonOf } from "../errors.ts";
import { isLoopback } from "../process/loopback.ts";
import { describeAddress } from "../store/database-address.ts";
import type { Database } from "../store/engine.ts";
import { lackingPrivileges, postgresFacts, writeAndUndo } from "../store/look.ts";
import { isSocket, type PostgresAddress } from "../store/postgres-url.ts";
import type { Finding } from "./finding.ts";

const finding = (ok: boolean | null, says: string): Finding => ({ what: "DATABASE_URL", ok, says });

/**
 * Whether the server can use PostgreSQL.
 *
 * @param isCurrent whether all migrations have run, so that a write can be tested
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
    ? "is read-only: it is a standby, or default_transaction_read_only is on"
    : await whyNoWrites(database, isCurrent);
  const findings = [
    finding(
      refusal === null,
      `${what}: ${refusal ?? (isCurrent ? "can be read and written" : "can be read")}`,
    ),
  ];
  findings.push(tlsFinding(address, tls));
  if (poolSize > connections) {
    const says = `${poolSize} is more than PostgreSQL's max_connections, ${connections}`;
    findings.push({ what: "DATABASE_POOL_SIZE", ok: false, says });
  }
  return findings;
}

/** The reason why a write fails; null if it succeeds or cannot be tested. */
async function whyNoWrites(database: Database, isCurrent: boolean): Promise<string | null> {
  if (!isCurrent) return null;
  const lacking = await lackingPrivileges(database);
  if (lacking.length > 0) return `its user lacks privileges: ${lacking.join(", ")}`;
  return writeAndUndo(database).then(
    () => null,
    (error) => `cannot be written: ${reasonOf(error)}`,
  );
}

/** @param version PostgreSQL's name for the version of TLS; null without TLS */
function tlsFinding({ hosts, tls }: PostgresAddress, version: string | null): Finding {
  const stays = hosts.every((each) => isSocket(each) || isLoopback(each.host));
  const remedy = "add sslmode=verify-full";
  if (version !== null) {
    const says = `the connection is encrypted with ${version}`;
    if (stays || tls === null || tls.verifies === "host") return finding(true, says);
    return finding(null, `${says}, but the server's identity is not verified: ${remedy}`);
  }
  if (stays) return finding(true, "the connection is unencrypted, but stays on this machine");
  return finding(null, `the connection is unencrypted: anyone on the path can read it; ${remedy}`);
}
