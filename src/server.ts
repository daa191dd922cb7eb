import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { authenticator, openUntilFirstKey } from "./access/authenticate.ts";
import { OpenCredentials } from "./access/open-credentials.ts";
import { admission } from "./assembly/admission.ts";
import { beginBackground } from "./assembly/background.ts";
import { callerListener } from "./assembly/caller-listener.ts";
import { createServices, type Surroundings } from "./assembly/create-services.ts";
import { beginEmulator } from "./assembly/local-platform.ts";
import { measuring } from "./assembly/measuring.ts";
import { problemsOfOpenServer } from "./assembly/open-server.ts";
import { outbound } from "./assembly/outbound.ts";
import type { AuditTrail } from "./audit/audit-trail.ts";
import { openAudit } from "./audit/open-audit.ts";
import { switchedOnOrOff } from "./config/authentication.ts";
import type { Config } from "./config/config.ts";
import {
  AuditUnavailable,
  AuthenticationUnavailable,
  DatabaseUnavailable,
  reasonOf,
  StartupError,
} from "./errors.ts";
import { createEngine } from "./graphql/apollo.ts";
import { createSubgraphSchema } from "./graphql/federation/subgraph.ts";
import { createSchema } from "./graphql/schema.ts";
import { createSubscriber } from "./graphql/subscriber.ts";
import { warnOfUnanswerable } from "./graphql/trusted-documents.ts";
import { createApp, GRAPHQL_PATH } from "./http/app.ts";
import { type ConsoleBuild, readConsole } from "./http/console.ts";
import { WEBHOOK_PATH } from "./http/webhooks.ts";
import { createInstruments, type Readings } from "./instruments/instruments.ts";
import { type MetricsServer, serveMetrics } from "./instruments/metrics-server.ts";
import { listening } from "./process/listen.ts";
import { whyOf } from "./process/logger.ts";
import { fairQueries } from "./shares/fair-queries.ts";
import { InFlight } from "./shares/in-flight.ts";
import { lately } from "./shares/lately.ts";
import { turns } from "./shares/turns.ts";
import { openDatabase } from "./store/database.ts";
import { Deadline, PATIENCE } from "./store/deadline.ts";
import { sqlStore } from "./store/sql-store.ts";

/** The longest time for requests in flight to finish when the server stops, in milliseconds. */
const DRAIN_DEADLINE = 7000;

/**
 * Requests started per slice of the event loop. More are hardly faster. RS256 has fewer, because its signing threads compete for the
 * same core.
 */
const PER_SLICE = 32;
const PER_SLICE_OF_RS256 = 3;

/**
 * The greatest age of the check behind `/readyz` and the metrics, in milliseconds. The ledger reuses its own last check, too, so the
 * total is one second.
 */
const CHECK_READINESS_EVERY = 500;

/** The console's build. The path is valid from `src`, `dist` and `bundle`. */
const CONSOLE_FOLDER = new URL("../console/dist/", import.meta.url);

/** A running server. */
export interface Server {
  /** The URL of GraphQL. */
  readonly url: string;
  /** The URL of the console; null when it is off. */
  readonly consoleUrl: string | null;
  /** The URL of the metrics; null when they are off. */
  readonly metricsUrl: string | null;
  /** The project: an OpenTok API key or a Vonage application ID. */
  readonly applicationId: string;
  /** Whether this start created the SQLite database. */
  readonly isDatabaseNew: boolean;
  /** Whether the server has no authentication and serves only its own machine. */
  readonly open: boolean;

  /**
   * Switches to other credentials of the same project, to other rules for callers' JWTs, and to other webhook secrets.
   *
   * @returns whether the credentials, the rules and the webhook secrets changed.
   * @throws {StartupError} when one of them cannot be used; then nothing changes.
   */
  rotate(next: Config): {
    readonly changed: boolean;
    readonly authentication: boolean;
    readonly webhooks: boolean;
  };

  /** Reopens the file of the audit trail by its name. */
  reopenAudit(): void;

  /** Serves for the configured delay, finishes the requests in flight within seven seconds, and closes everything. */
  close(): Promise<void>;
}

/**
 * Creates and starts the server.
 *
 * @throws {StartupError} when the configuration does not work
 */
export async function createServer(config: Config, { logger, now }: Surroundings): Promise<Server> {
  const audit = await openTrail(config, { logger, now });
  const database = await openDatabase(config.database, {
    poolSize: config.databasePoolSize,
    onQuery: (sql) => logger.trace({ sql }, "query"),
    onLost: (reason) => logger.warn({ reason }, "a connection to the database was lost"),
    onDamage: (reason) =>
      logger.error({ reason }, "the database is damaged; run stagepass check, and restore a backup"),
    onExposed: (text) => logger.warn(text),
    lookThrough: true,
  });
  const { instrument, readings } = await createInstruments(config, database.engine.pool, logger);
  const store = sqlStore(database, {
    onChange(cause) {
      if (cause === null) return logger.info("the ledger can be written again");
      logger.error(whyOf(cause), "the ledger cannot be written; no tokens are issued");
    },
    onCommit: instrument.committed,
  });
  let metrics: MetricsServer | null = null;
  try {
    const open = config.jwtRules === null && !(await store.apiKeys.any());
    if (open) checkOpen(config);
    const turn = turns(config.platform.name === "vonage" ? PER_SLICE_OF_RS256 : PER_SLICE);
    const shares = { turn, query: fairQueries(queriesAtOnce(config), turn) };
    const surroundings = { logger, now };
    const { services, faulty, project, ledger, remover } = createServices(
      config,
      store,
      audit,
      surroundings,
      instrument,
      shares,
      true,
    );
    const { keyRing, emulator, webhookKeys, rotate } = project;
    const fetch = outbound(config.proxy);
    if (config.proxy) {
      const { variable, origin } = config.proxy;
      logger.info({ proxy: origin, variable }, "calls to other machines go through a proxy");
    }
    const authenticate = authenticator(
      config.jwtRules,
      store.apiKeys,
      now,
      turn,
      callerListener(instrument, logger),
      fetch,
    );
    const build = config.console ? consoleBuild() : null;
    const schema = config.federation ? await createSubgraphSchema() : createSchema();
    if (config.trustedDocuments) warnOfUnanswerable(config.trustedDocuments.manifest, schema, logger);
    const measured = await measuring(config, fetch, logger);
    const engine = createEngine(schema, config.production, logger, measured);
    const { apollo } = engine;
    await apollo.start();
    // All checks share one deadline, as load balancers wait no longer. Concurrent probes share one check, as anyone may send them.
    const ready = lately(CHECK_READINESS_EVERY, async () => {
      const deadline = new Deadline(PATIENCE);
      await deadline.within(store.ping().then(ledger.check), unanswered);
      await deadline.within(audit.check(), () => new AuditUnavailable());
      await deadline.within(
        authenticate.check(),
        () => new AuthenticationUnavailable("it did not answer in time"),
      );
    });
    const admit = admission(config.trustedDocuments, build, logger);
    const known = open ? openUntilFirstKey(store.apiKeys, authenticate) : authenticate;
    const credentials = new OpenCredentials({ authenticate: known, apiKeys: store.apiKeys, now });
    const { app, drain } = await createApp({
      engine,
      followOperation: instrument.operation,
      services,
      authenticate: known,
      trustsProxy: config.trustsProxy,
      admit,
      turn,
      inFlight: new InFlight<object>(config.inFlight),
      localOnly: open,
      hasPage: !config.production,
      console: build,
      local: emulator,
      faulty,
      corsOrigins: config.corsOrigins,
      subscribe: createSubscriber({ schema, services, admit, turn, production: config.production, logger }),
      credentials,
      webhooks: webhookKeys && {
        keys: webhookKeys,
        project: keyRing,
        participants: services.participants,
        now,
      },
      ready,
      follow: instrument.follow,
      onRequestEnd: instrument.requestEnded,
      logger,
    });
    const isReady = () =>
      ready()
        .then(() => !drain.announced)
        .catch(() => false);
    metrics = readings && config.metrics && (await listenForMetrics(readings, isReady, config.metrics));
    // Before any token is issued: the newest record must not have the time of this server, whose clock may be wrong.
    await store.runs
      .note()
      .catch((error) => logger.warn(whyOf(error), "the database could not record that this server runs"));
    const origin = await listen(app, config);
    authenticate.check().catch((error) => {
      const reason = error instanceof AuthenticationUnavailable ? error.reason : reasonOf(error);
      logger.warn({ reason }, "the keys of AUTH_JWKS_URI cannot be read, so no caller can authenticate");
    });
    const background = beginBackground(config, store, surroundings, instrument, audit, project, remover);
    const rooms = emulator && beginEmulator(emulator, config, new URL(WEBHOOK_PATH, origin).href, logger);
    return {
      url: new URL(GRAPHQL_PATH, origin).href,
      consoleUrl: build && new URL("/", origin).href,
      metricsUrl: metrics?.url ?? null,
      applicationId: keyRing.applicationId,
      isDatabaseNew: database.isNew,
      open,
      rotate(next) {
        const problem = switchedOnOrOff(config.jwtRules, next.jwtRules);
        if (problem !== null) throw new StartupError([problem]);
        if (!config.proxy && next.proxy)
          throw new StartupError([
            `${next.proxy.variable}: is not used yet; restart the server to use the proxy`,
          ]);
        const { changed, webhooks } = rotate(next);
        const authentication = authenticate.rotate(next.jwtRules);
        if (authentication) void credentials.checkAll();
        if (changed || authentication || webhooks) audit.credentialsSwapped();
        return { changed, authentication, webhooks };
      },
      reopenAudit: () => audit.reopen(),
      async close() {
        await drain.announce(config.shutdownDelay);
        services.issuances.stop();
        // In parallel with the drain, because it may wait for a database that does not answer.
        const quiet = Promise.all([background.stop(), rooms?.stop()]);
        try {
          await drain.finish(DRAIN_DEADLINE);
          await apollo.stop();
        } finally {
          await quiet;
          await metrics?.close();
          await instrument.stop();
          // The audit trail closes even if the database cannot.
          await store.close().finally(() => audit.close());
        }
      },
    };
  } catch (error) {
    // Reports the error that stopped the start, not a later failure of the cleanup.
    await metrics?.close();
    await instrument.stop();
    await store.close().catch(() => {});
    await audit.close();
    throw error;
  }
}

function openTrail({ audit }: Config, { logger, now }: Surroundings): Promise<AuditTrail> {
  return openAudit(audit, process.stdout, {
    now,
    onFailure: (reason) =>
      logger.error(
        { reason },
        audit?.required
          ? "the audit trail cannot be written; nothing is issued"
          : "the audit trail cannot be written; lines are lost",
      ),
    onRecovery: (lost) => logger.error({ lost }, "the audit trail can be written again"),
  });
}

/** Concurrent queries: half of PostgreSQL's connections, so that the ledger always finds one. SQLite has one reader. */
function queriesAtOnce({ database, databasePoolSize }: Config): number {
  return database.engine === "postgres" ? Math.max(1, Math.floor(databasePoolSize / 2)) : 1;
}

/** @throws {StartupError} */
function checkOpen(config: Config): void {
  const problems = problemsOfOpenServer(config);
  if (problems.length > 0) throw new StartupError(problems);
}

function consoleBuild(): ConsoleBuild {
  try {
    return readConsole(fileURLToPath(CONSOLE_FOLDER));
  } catch (error) {
    throw new StartupError([
      `CONSOLE: the console cannot be read: ${reasonOf(error)}; build it with npm run build`,
    ]);
  }
}

function unanswered(): Error {
  return new DatabaseUnavailable("it did not answer in time");
}

async function listen(app: FastifyInstance, { host, port }: Config): Promise<string> {
  const address = { host, port, variables: { host: "HOST", port: "PORT" } };
  try {
    return await listening(address, () => app.listen({ host, port }));
  } catch (error) {
    await app.close();
    throw error;
  }
}

function listenForMetrics(
  { read, mediaType }: Readings,
  isReady: () => Promise<boolean>,
  where: { host: string; port: number },
): Promise<MetricsServer> {
  const address = { ...where, variables: { host: "METRICS_HOST", port: "METRICS_PORT" } };
  return listening(address, () => serveMetrics(async () => read(await isReady()), mediaType, where));
}
