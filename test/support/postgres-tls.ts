import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { ownPostgres } from "./stores.ts";

/** A PostgreSQL with TLS, whose certificate is for 127.0.0.1 and signed by itself; the URL of a database of it has no parameters. */
export async function postgresWithTls(flags: readonly string[] = []) {
  const postgres = await ownPostgres(flags);
  const [key, certificate] = [join(postgres.data, "server.key"), join(postgres.data, "server.crt")];
  const made =
    "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=stagepass -addext subjectAltName=IP:127.0.0.1";
  execFileSync("openssl", [...made.split(" "), "-keyout", key, "-out", certificate], { stdio: "ignore" });
  execFileSync("chown", ["--reference", postgres.data, key, certificate]);
  postgres.configure("ssl = on");
  await postgres.query("SELECT pg_reload_conf()");
  return { ...postgres, key, certificate };
}
