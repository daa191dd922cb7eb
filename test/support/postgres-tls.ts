import { execFileSync } from "node:child_process";
import { makeCertificate } from "./certificate.ts";
import { ownPostgres } from "./stores.ts";

/** A PostgreSQL with TLS and a self-signed certificate for 127.0.0.1. The URL of its database has no parameters. */
export async function postgresWithTls(flags: readonly string[] = []) {
  const postgres = await ownPostgres(flags);
  const { key, cert: certificate } = makeCertificate(postgres.data, "IP:127.0.0.1");
  execFileSync("chown", ["--reference", postgres.data, key, certificate]);
  postgres.configure("ssl = on");
  await postgres.query("SELECT pg_reload_conf()");
  return { ...postgres, key, certificate };
}
