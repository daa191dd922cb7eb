import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import { BODY_LIMIT, DROPPED_LIMIT } from "../../src/http/body-size.ts";
import { JWT_SECRET, signedJwt } from "../support/callers.ts";
import { imageEnvironment, readCompose, readDeployed, readProxyConfig } from "../support/compose.ts";
import { API_KEY, API_SECRET, APPLICATION_ID, PRIVATE_KEY } from "../support/credentials.ts";
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
const environmentOf = (name: string) => ({ ...imageEnvironment(), ...services[name]?.environment });

async function ask(url: string, query: string, variables = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${signedJwt({
        sub: "ann",
        scope: "sessions:create sessions:read tokens:create",
        video_grant: { roles: ["PUBLISHER"], sessions: ["*"] },
      })}`,
    },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  expect(errors).toBeUndefined();
  return data;
}

describe("compose.yaml", () => {
  it.each(Object.entries(services))(
    "gives %s no privilege, and no file to write but in a volume",
    (name, service) => {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ["ALL"],
        security_opt: ["no-new-privileges:true"],
      });
      expect(service.privileged).toBeUndefined();
      expect(service.cap_add).toBeUndefined();
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
    for (const name of REPLICAS) {
      expect(services[name]?.depends_on).toEqual({
        migrate: { condition: "service_completed_successfully" },
      });
    }
  });

  it.each(Object.keys(VARIABLES))("does not start without %s, and says what it is to be", (name) => {
    expect(() => readCompose({ ...VARIABLES, [name]: "" })).toThrow(
      new RegExp(`^required variable ${name} is missing a value: .*(openssl rand|make up a number)`),
    );
  });

  it("gives both replicas the same configuration, which is one for production", () => {
    const [first, second] = REPLICAS.map(environmentOf);
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
    });
    expect(config.jwtRules?.secret).not.toBeNull();
  });

  it("has the account's credentials where .env says so", () => {
    const { services } = readCompose({ ...VARIABLES, PLATFORM: "opentok" });
    const config = parseConfig({ ...imageEnvironment(), ...services["replica-1"]?.environment });
    expect(config.platform).toMatchObject({ name: "opentok", url: "https://api.opentok.com" });
  });

  it("has what else .env says of a server, and nothing where it says nothing", () => {
    const said = {
      PLATFORM: "vonage",
      VONAGE_APPLICATION_ID: APPLICATION_ID,
      VONAGE_PRIVATE_KEY: PRIVATE_KEY,
      AUTH_JWKS_URI: "https://login.example.com/jwks.json",
      AUTH_JWT_ISSUER: "https://login.example.com/",
      AUTH_JWT_AUDIENCE: "stagepass",
      TRUST_PROXY: "172.18.0.0/16",
      TOKENS_PER_MINUTE: "60",
      SESSIONS_PER_MINUTE: "6",
      CORS_ORIGINS: "https://app.example.com",
      LEDGER_RETENTION_DAYS: "90",
      METRICS_HOST: "0.0.0.0",
      METRICS_PORT: "9464",
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318",
      SHUTDOWN_DELAY_MS: "5000",
      LOG_LEVEL: "warn",
    };
    const { services } = readCompose({ ...VARIABLES, ...said });
    expect(services["replica-1"]?.environment).toMatchObject(said);
    const config = parseConfig({ ...imageEnvironment(), ...services["replica-1"]?.environment });
    expect(config).toMatchObject({
      platform: { name: "vonage", keyRing: { applicationId: APPLICATION_ID } },
      jwtRules: { audience: "stagepass" },
      tokensPerMinute: 60,
      sessionsPerMinute: 6,
      ledgerRetentionDays: 90,
      metrics: { port: 9464 },
      shutdownDelay: 5000,
      logLevel: "warn",
    });
    const silent = parseConfig(environmentOf("replica-1"));
    expect(silent).toMatchObject({
      tokensPerMinute: null,
      sessionsPerMinute: null,
      ledgerRetentionDays: null,
      metrics: null,
      tracing: null,
    });
  });

  it("keeps everything running but the migration, and passes signals on", () => {
    for (const [name, { restart, init }] of Object.entries(services)) {
      expect([name, restart, init]).toEqual([name, name === "migrate" ? "no" : "unless-stopped", true]);
    }
  });

  it("keeps the database's files where its image has them, and asks for the database itself", () => {
    const { image, volumes, healthcheck } = services.postgres ?? {};
    // Before 18 it was /var/lib/postgresql/data.
    expect([image, volumes]).toEqual(["postgres:18-alpine", ["postgres:/var/lib/postgresql"]]);
    expect(healthcheck?.test).toEqual([
      "CMD",
      "pg_isready",
      "--host=127.0.0.1",
      "--username=stagepass",
      "--dbname=stagepass",
    ]);
    // The replicas have the image's.
    for (const name of REPLICAS) expect(services[name]?.healthcheck).toBeUndefined();
  });

  it("has a proxy that knows the replicas", () => {
    const config = readProxyConfig();
    const { PORT } = imageEnvironment();
    const upstreams = [...config.matchAll(/^ *server (\S+) resolve (.*);$/gm)];
    const servers = (rest: string) => REPLICAS.map((name) => [`${name}:${PORT}`, rest]);
    expect(upstreams.map(([, address, rest]) => [address, rest])).toEqual([
      ...servers("max_fails=3 fail_timeout=3s"),
      // Whatever the first two have against them.
      ...servers("max_fails=0 backup"),
    ]);
    expect(config).toMatch(/^ *least_conn;$/m);
    expect(config).toMatch(/^ *listen 8080;$/m);
    expect(services.proxy).toMatchObject({
      image: "nginx:1.28-alpine",
      volumes: ["./deploy/nginx.conf:/etc/nginx/nginx.conf:ro"],
    });
  });

  it("has a proxy that passes on what a server accepts, and no body that a server would not read to its end", () => {
    const most = Number(/client_max_body_size (\d+)k;/.exec(readProxyConfig())?.[1]) * 1024;
    expect(most).toBeGreaterThan(BODY_LIMIT);
    expect(most).toBeLessThan(DROPPED_LIMIT);
  });

  it("has servers that believe the proxy's X-Forwarded-For, which has nothing that a client says", () => {
    expect(readProxyConfig()).toMatch(/^ *proxy_set_header X-Forwarded-For \$remote_addr;$/m);
    const trusts = parseConfig(environmentOf("replica-1")).trustsProxy;
    // Docker's networks, and an address of the public.
    expect(["172.18.0.5", "192.168.144.5", "203.0.113.7"].map((address) => trusts?.(address))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("has a proxy that waits as long as a server may take, and not for ever, and sends no mutation twice", () => {
    const config = readProxyConfig();
    // Two leases of a name, each for the platform's deadline and five seconds, and then a call of one's own.
    const longest = 2 * (5 + 5) + 5;
    expect(environmentOf("replica-1")).not.toHaveProperty("PLATFORM_TIMEOUT_MS");
    for (const name of ["proxy_read_timeout", "proxy_send_timeout"]) {
      const seconds = Number(new RegExp(`^ *${name} (\\d+)s;$`, "m").exec(config)?.[1]);
      expect(seconds).toBeGreaterThan(longest);
      expect(seconds).toBeLessThan(2 * longest);
    }
    expect(config.match(/proxy_next_upstream.*/g)).toEqual([
      "proxy_next_upstream error timeout;",
      "proxy_next_upstream_tries 3;",
    ]);
    expect(config).toMatch(/^ *proxy_request_buffering off;$/m);
  });

  it("has HAProxy's configuration beside nginx's, for the same replicas, with the same times and limits", () => {
    const [nginx, haproxy] = [readProxyConfig(), readDeployed("haproxy.cfg")];
    const { PORT } = imageEnvironment();
    const servers = [...haproxy.matchAll(/^ *server \S+ (\S+) (check|backup)$/gm)];
    expect(servers.map(([, address, kind]) => [address, kind])).toEqual(
      ["check", "backup"].flatMap((kind) => REPLICAS.map((name) => [`${name}:${PORT}`, kind])),
    );
    const first = (config: string, pattern: RegExp) => pattern.exec(config)?.[1];
    for (const [here, there] of [
      [/proxy_connect_timeout (\d+s)/, /timeout connect (\d+s)/],
      [/proxy_read_timeout (\d+s)/, /timeout server (\d+s)/],
      [/client_header_timeout (\d+s)/, /timeout http-request (\d+s)/],
      [/limit_conn addresses (\d+)/, /sc0_conn_cur gt (\d+)/],
    ] as const) {
      expect(first(nginx, here)).toMatch(/^\d+/);
      expect(first(haproxy, there)).toBe(first(nginx, here));
    }
    // Ten seconds of the rate, and a tenth more, so that who keeps to it is not refused.
    const rate = Number(first(nginx, /rate=(\d+)r\/s/));
    expect(Number(first(haproxy, /src_http_req_rate\(addresses\) gt (\d+)/))).toBe(rate * 11);
    expect(haproxy).toContain("http_req_rate(10s)");
    // What is sent may have been done.
    expect(haproxy.match(/^ *retry-on .*/gm)).toEqual(["  retry-on conn-failure"]);
    // A replica reads as much and answers; HAProxy refuses a body by closing its connection.
    expect(Number(first(haproxy, /hdr_val\(content-length\) gt (\d+)/))).toBe(DROPPED_LIMIT);
    for (const name of ["traceparent", "tracestate", "baggage"])
      expect(haproxy).toMatch(new RegExp(`^ *http-request del-header ${name}$`, "m"));
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
    const { session } = await ask(second, "query ($id: ID!) { session(sessionId: $id) { sessionId } }", {
      id: createSession.sessionId,
    });
    expect(session).toEqual(createSession);
    const { generateToken } = await ask(
      second,
      "mutation ($id: ID!) { generateToken(sessionId: $id) { token } }",
      { id: createSession.sessionId },
    );
    expect(generateToken.token).toMatch(/^eyJ/);
    for (const server of servers) {
      server.kill("SIGTERM");
      expect(await server.exited).toEqual({ code: 0, signal: null });
      for (const secret of Object.values(VARIABLES).filter((value) => value !== API_KEY)) {
        expect(server.output() + server.errors()).not.toContain(secret);
      }
    }
  });
});
