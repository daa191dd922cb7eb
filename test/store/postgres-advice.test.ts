import { describe, expect, it } from "vitest";
import { DatabaseUnavailable } from "../../src/errors.ts";
import { explained } from "../../src/store/postgres-advice.ts";

const TLS =
  "trust its CA with sslrootcert=/path/ca.pem in the URL or NODE_EXTRA_CA_CERTS=/path/ca.pem; sslmode=no-verify encrypts without verifying the server";

describe("what is said of a PostgreSQL that cannot be used", () => {
  it.each([
    [
      "53300",
      "too many clients",
      "lower DATABASE_POOL_SIZE, which is that of each replica, or raise max_connections",
    ],
    ["57P03", "the database system is starting up", "wait until it has started"],
    ["28000", 'role "eve" does not exist', "make it with createuser, or name another user"],
    [
      "28000",
      'no pg_hba.conf entry for host "10.0.0.1", user "eve", database "x", no encryption',
      "add sslmode=verify-full to the URL: the server wants TLS",
    ],
    [
      "28000",
      'no pg_hba.conf entry for host "10.0.0.1", user "eve", database "x", SSL encryption',
      "allow this user and machine in pg_hba.conf, or name another user",
    ],
    [
      "28000",
      'Peer authentication failed for user "eve"',
      "name the user of the operating system, or connect over TCP with a password",
    ],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate", TLS],
    ["SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain", TLS],
    ["CERT_HAS_EXPIRED", "certificate has expired", "renew the certificate of PostgreSQL"],
    [undefined, "timeout expired", "check for a firewall, or correct the host or the port"],
  ])("with %s and %j says what to do", (code, message, advice) => {
    expect(explained(Object.assign(new Error(message), { code }))).toBe(`${message}; ${advice}`);
  });

  it("is the reason alone where nothing is known to do, and what was said of each host already", () => {
    expect(explained(Object.assign(new Error("odd"), { code: "XX000" }))).toBe("odd");
    const both = "connect ECONNREFUSED; start it; timeout expired; see";
    expect(explained(new DatabaseUnavailable(both))).toBe(both);
  });
});
