import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import { BODY_LIMIT, DROPPED_LIMIT } from "../../src/http/body-size.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import {
  imageEnvironment,
  readCompose,
  readDeployed,
  readProxyConfig,
  type Service,
} from "../support/compose.ts";
import { API_KEY, API_SECRET, APPLICATION_ID, PRIVATE_KEY } from "../support/credentials.ts";
import { graphql } from "../support/faults.ts";
import { DATABASE_PASSWORD } from "../support/postgres.ts";
import { spawnServer, stagepass } from "../support/process.ts";
import { newDatabaseUrl } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const VARIABLES = {
  POSTGRES_PASSWORD: DATABASE_PASSWORD,
  OPENTOK_API_KEY: API_KEY,
  OPENTOK_API_SECRET: API_SECRET,
  AUTH_JWT_SECRET: JWT_SECRET,
};
const REPLICAS = ["replica-1", "replica-2"];

const { services, networks } = readCompose(VARIABLES);

/** What a service's process has: the image's variables, then those of `.env` where it takes them, then its own. */
function environmentOf(name: string, envFile: Record<string, string> = VARIABLES) {
  const { env_file, environment } = readCompose(envFile).services[name] as Service;
  if (env_file) expect(env_file).toEqual([{ path: ".env", required: false }]);
  return { ...imageEnvironment(), ...(env_file ? envFile : {}), ...environment };
}

async function ask(url: string, query: string) {
  const { data, errors } = await graphql(url, query, signedJwt(EVERYTHING));
  expect(errors).toBeUndefined();
  return data;
}

describe("compose.yaml", () => {
  it.each(Object.entries(services))(
    "gives %s no privilege, and no file to write but in a volume, passes signals on and keeps it running",
    (name, service) => {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ["ALL"],
        security_opt: ["no-new-privileges:true"],
        init: true,
        restart: name === "migrate" ? "no" : "unless-stopped",
      });
      for (const more of ["privileged", "cap_add"]) expect(service).not.toHaveProperty(more);
      // The user of the server's image is the Dockerfile's.
      expect(service.user).toEqual({ postgres: "postgres", proxy: "nginx" }[name]);
      for (const volume of service.volumes ?? []) expect(volume).toMatch(/^postgres:|:ro$/);
    },
  );

  it("publishes the proxy's port alone, to this machine, and keeps the database from all others", () => {
    const published = Object.entries(services).filter(([, { ports }]) => ports !== undefined);
    expect(published.map(([name, { ports }]) => [name, ports])).toEqual([["proxy", ["127.0.0.1:8080:8080"]]]);
    expect(services.postgres?.networks).toEqual(["database"]);
    expect(networks.database).toEqual({ internal: true });
    expect(services.proxy?.networks).not.toContain("database");
  });

  it("migrates when the database is there, and starts the replicas after that", () => {
    expect(services.migrate?.depends_on).toEqual({ postgres: { condition: "service_healthy" } });
    const migrated = { migrate: { condition: "service_completed_successfully" } };
    for (const name of REPLICAS) expect(services[name]?.depends_on).toEqual(migrated);
  });

  it("keeps the database's files where its image has them", () => {
    // Before 18 it was /var/lib/postgresql/data.
    expect(services.postgres).toMatchObject({
      image: "postgres:18-alpine",
      volumes: ["postgres:/var/lib/postgresql"],
    });
  });

  it.each(Object.keys(VARIABLES))("does not start without %s, and says what it is to be", (name) => {
    const message = new RegExp(`^required variable ${name}: .*(openssl rand|make up a number)`);
    expect(() => readCompose({ ...VARIABLES, [name]: "" })).toThrow(message);
  });

  it("gives both replicas the same configuration, which is one for production", () => {
    const [first, second] = REPLICAS.map((name) => environmentOf(name));
    expect(second).toEqual(first);
    const config = parseConfig(first ?? {});
    expect(config).toMatchObject({
      production: true,
      host: "0.0.0.0",
      port: 4000,
      console: false,
      ledger: true,
      platform: { name: "local", keyRing: { applicationId: API_KEY } },
      database: { engine: "postgres" },
      tokensPerMinute: null,
      ledgerRetentionDays: null,
      metrics: null,
      tracing: null,
    });
    expect(config.jwtRules?.secret).not.toBeNull();
    // Docker's networks, of which the proxy is, and an address of the public.
    const addresses = ["172.18.0.5", "192.168.144.5", "203.0.113.7"];
    expect(addresses.map((address) => config.trustsProxy?.(address))).toEqual([true, true, false]);
  });

  it.each<Record<string, string>>([
    { PLATFORM: "opentok" },
    { PLATFORM: "vonage", VONAGE_APPLICATION_ID: APPLICATION_ID, VONAGE_PRIVATE_KEY: PRIVATE_KEY },
  ])("has the account of .env, and what else that says of a server: $PLATFORM", (account) => {
    const said = {
      ...account,
      AUTH_JWKS_URI: "https://login.example.com/jwks.json",
      AUTH_JWT_ISSUER: "https://login.example.com/",
      AUTH_JWT_AUDIENCE: "stagepass",
      TRUST_PROXY: "172.18.0.0/16",
      TOKENS_PER_MINUTE: "60",
      CORS_ORIGINS: "https://app.example.com",
      METRICS_HOST: "0.0.0.0",
      METRICS_PORT: "9464",
      SHUTDOWN_DELAY_MS: "5000",
      LOG_LEVEL: "warn",
    };
    const environment = environmentOf("replica-1", { ...VARIABLES, ...said });
    expect(environment).toMatchObject(said);
    const config = parseConfig(environment);
    expect(config.platform.name).toBe(account.PLATFORM);
    expect(config).toMatchObject({ tokensPerMinute: 60, metrics: { port: 9464 }, shutdownDelay: 5000 });
  });

  it("has the replicas refuse a variable of .env that is misspelt", () => {
    const environment = environmentOf("replica-1", { ...VARIABLES, CORS_ORIGIN: "https://app.example.com" });
    expect(() => parseConfig(environment)).toThrow("CORS_ORIGIN: ");
  });

  it("has proxies that know the replicas", () => {
    const addresses = REPLICAS.map((name) => `${name}:${imageEnvironment().PORT}`);
    const serversOf = (file: string) => readDeployed(file).matchAll(/^ *server .*?(replica-\d:\d+) /gm);
    for (const file of ["nginx.conf", "haproxy.cfg"])
      expect([...serversOf(file)].map(([, address]) => address)).toEqual([...addresses, ...addresses]);
    expect(readProxyConfig()).toMatch(/^ *listen 8080;$/m);
    expect(services.proxy?.volumes).toEqual(["./deploy/nginx.conf:/etc/nginx/nginx.conf:ro"]);
  });

  it("has proxies that pass on what a server accepts, and no body that a server would not read to its end", () => {
    const most = Number(/client_max_body_size (\d+)k;/.exec(readProxyConfig())?.[1]) * 1024;
    expect(most).toBeGreaterThan(BODY_LIMIT);
    expect(most).toBeLessThan(DROPPED_LIMIT);
    // HAProxy refuses a body by closing its connection; a replica reads as much and answers.
    const dropped = /hdr_val\(content-length\) gt (\d+)/.exec(readDeployed("haproxy.cfg"))?.[1];
    expect(Number(dropped)).toBe(DROPPED_LIMIT);
  });

  it("has proxies that wait as long as a server may take, and not for ever", () => {
    // Two leases of a name, each for the platform's deadline and five seconds, and then a call of one's own.
    const longest = 2 * (5 + 5) + 5;
    expect(environmentOf("replica-1")).not.toHaveProperty("PLATFORM_TIMEOUT_MS");
    for (const name of ["proxy_read_timeout", "proxy_send_timeout"]) {
      const seconds = Number(new RegExp(`^ *${name} (\\d+)s;$`, "m").exec(readProxyConfig())?.[1]);
      expect(seconds).toBeGreaterThan(longest);
      expect(seconds).toBeLessThan(2 * longest);
    }
  });

  it.each([
    [/proxy_connect_timeout (\d+)s/, /timeout connect (\d+)s/, 1],
    [/proxy_read_timeout (\d+)s/, /timeout server (\d+)s/, 1],
    [/client_header_timeout (\d+)s/, /timeout http-request (\d+)s/, 1],
    [/limit_conn addresses (\d+)/, /sc0_conn_cur gt (\d+)/, 1],
    // Ten seconds of the rate, and a tenth more, so that who keeps to it is not refused.
    [/rate=(\d+)r\/s/, /src_http_req_rate\(addresses\) gt (\d+)/, 11],
  ])("has HAProxy's times and limits as nginx's: %s, %s", (nginx, haproxy, factor) => {
    const here = Number(nginx.exec(readProxyConfig())?.[1]);
    expect(Number(haproxy.exec(readDeployed("haproxy.cfg"))?.[1])).toBe(here * factor);
  });

  it("runs: the tables are made, both replicas get ready, and what one creates the other knows", async () => {
    const databaseUrl = await newDatabaseUrl("PostgreSQL", { bare: true });
    // As in a container, but for where the database is, and on an address that nobody else reaches.
    const here = (name: string) => {
      const environment = environmentOf(name);
      const url = new URL(environment.DATABASE_URL ?? "");
      const { hostname, port, pathname } = new URL(databaseUrl);
      expect([url.hostname, url.port, url.pathname]).toEqual(["postgres", "5432", "/stagepass"]);
      Object.assign(url, { hostname, port, pathname });
      return { ...environment, DATABASE_URL: url.href, HOST: "127.0.0.1", PORT: "0" };
    };
    const { code } = await stagepass(temporaryFolder(), services.migrate?.command ?? [], here("migrate"));
    expect(code).toBe(0);
    const servers = REPLICAS.map((name) => spawnServer(temporaryFolder(), here(name)));
    const [first = "", second = ""] = await Promise.all(servers.map((server) => server.url()));
    for (const url of [first, second]) expect((await fetch(new URL("/readyz", url))).status).toBe(200);
    const { createSession } = await ask(first, "mutation { createSession { sessionId } }");
    const id = createSession.sessionId;
    expect((await ask(second, `{ session(sessionId: "${id}") { sessionId } }`)).session).toEqual(
      createSession,
    );
    const { generateToken } = await ask(second, `mutation { generateToken(sessionId: "${id}") { token } }`);
    expect(generateToken.token).toMatch(/^eyJ/);
    for (const server of servers) {
      server.kill("SIGTERM");
      expect(await server.exited).toEqual({ code: 0, signal: null });
      for (const secret of Object.values(VARIABLES).filter((value) => value !== API_KEY))
        expect(server.output() + server.errors()).not.toContain(secret);
    }
  });
});
