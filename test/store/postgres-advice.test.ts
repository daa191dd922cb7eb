import { describe, expect, it } from "vitest";
import { DatabaseUnavailable } from "../../src/errors.ts";
import { explained } from "../../src/store/postgres-advice.ts";

const TLS =
  "trust its CA: add sslrootcert=/path/ca.pem to DATABASE_URL, or set NODE_EXTRA_CA_CERTS=/path/ca.pem; sslmode=no-verify encrypts without verifying the server";

describe("what is said of a PostgreSQL that cannot be used", () => {
  it.each([
    [
      "53300",
      "too many clients",
      "lower DATABASE_POOL_SIZE, which applies to each replica, or raise max_connections",
    ],
    ["57P03", "the database system is starting up", "wait until PostgreSQL has started"],
    ["28000", 'role "eve" does not exist', "create it with createuser, or use another user"],
    [
      "28000",
      'no pg_hba.conf entry for host "10.0.0.1", user "eve", database "x", no encryption',
      "PostgreSQL requires TLS: add sslmode=verify-full to DATABASE_URL",
    ],
    [
      "28000",
      'no pg_hba.conf entry for host "10.0.0.1", user "eve", database "x", SSL encryption',
      "allow this user and machine in pg_hba.conf, or use another user",
    ],
    [
      "28000",
      'Peer authentication failed for user "eve"',
      "connect as the user of the operating system, or over TCP with a password",
    ],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate", TLS],
    ["SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain", TLS],
    ["CERT_HAS_EXPIRED", "certificate has expired", "renew PostgreSQL's certificate"],
    [undefined, "timeout expired", "check firewalls, or correct the host or the port in DATABASE_URL"],
  ])("with %s and %j says what to do", (code, message, advice) => {
    expect(explained(Object.assign(new Error(message), { code }))).toBe(`${message}; ${advice}`);
  });

  it("is the reason alone where nothing is known to do, and what was said of each host already", () => {
    expect(explained(Object.assign(new Error("odd"), { code: "XX000" }))).toBe("odd");
    const both = "connect ECONNREFUSED; start it; timeout expired; see";
    expect(explained(new DatabaseUnavailable(both))).toBe(both);
  });
});
