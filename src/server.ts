import { dirname, join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Config, PlatformConfig } from "./config.ts";
import { StartupError } from "./errors.ts";
import { createApollo } from "./graphql/apollo.ts";
import { createSchema } from "./graphql/schema.ts";
import { createApp, GRAPHQL_PATH } from "./http/app.ts";
import { OPENTOK, VONAGE } from "./platform/advice.ts";
import { localPlatform } from "./platform/local.ts";
import { keptLocalProject, newLocalProject } from "./platform/local-project.ts";
import type { Platform } from "./platform/platform.ts";
import { restPlatform } from "./platform/rest-platform.ts";
import { SessionService } from "./services/session-service.ts";
import { TokenService } from "./services/token-service.ts";
import { type KeyRing, openTokKeyRing } from "./signing/key-ring.ts";
import { platformAuth } from "./signing/platform-auth.ts";
import { SigningService } from "./signing/signing-service.ts";
import { openDatabase } from "./store/database.ts";
import { sqlStore } from "./store/sql-store.ts";
import { VERSION } from "./version.ts";

/** How long requests in flight may take to finish when the server stops, in milliseconds. */
const DRAIN_DEADLINE = 7000;

/** A server that listens. */
export interface Server {
  /** Where GraphQL is served. */
  readonly url: string;

  /**
   * Signs with the credentials of `next` from now on, and verifies with these and what it names as previous. Nothing
   * else of it is looked at.
   *
   * @returns whether they are others than before
   * @throws {StartupError} when they are of another project; then nothing changes
   */
  rotate(next: Config): boolean;

  /** Stops: finishes the requests in flight, for at most seven seconds, and closes everything. */
  close(): Promise<void>;
}

/** What the server takes from the process around it. */
export interface Surroundings {
  readonly logger: Logger;
  readonly now: () => Date;
}

/**
 * Puts the server together and starts it.
 *
 * @throws {StartupError} when it cannot work as configured
 */
export async function createServer(config: Config, { logger, now }: Surroundings): Promise<Server> {
  const database = await openDatabase(config.databaseFile, (sql) => logger.trace({ sql }, "query"));
  const store = sqlStore(database);
  try {
    const keyRing = config.platform.keyRing ?? localProject(config.databaseFile);
    const platform = platformFor(config.platform, keyRing, logger);
    const services = {
      sessions: new SessionService(platform, store.sessions, now),
      tokens: new TokenService(new SigningService(keyRing), now),
    };
    const apollo = createApollo(createSchema(), config.production, logger);
    await apollo.start();
    const { app, drain } = createApp(apollo, services, store.ping, logger);
    const url = new URL(GRAPHQL_PATH, await listen(app, config)).href;
    return {
      url,
      rotate: (next) => rotate(config.platform, keyRing, next.platform),
      async close() {
        try {
          await drain.finish(DRAIN_DEADLINE);
          await apollo.stop();
        } finally {
          await store.close();
        }
      },
    };
  } catch (error) {
    // What stopped the start is what matters, not what then fails in clearing up.
    await store.close().catch(() => {});
    throw error;
  }
}

function platformFor(config: PlatformConfig, keyRing: KeyRing, logger: Logger): Platform {
  const { applicationId } = keyRing;
  if (config.name === "local") return localPlatform(applicationId);
  return restPlatform({
    applicationId,
    url: config.url,
    timeout: config.timeout,
    userAgent: `stagepass/${VERSION}`,
    names: config.name === "opentok" ? OPENTOK : VONAGE,
    authenticate: (now) => platformAuth(keyRing, now),
    onCircuit: (state) => logger.warn({ state }, "the circuit breaker of the platform changed its state"),
  });
}

function rotate(config: PlatformConfig, keyRing: KeyRing, next: PlatformConfig): boolean {
  if (next.name !== config.name) {
    throw new StartupError([`PLATFORM: cannot become ${next.name} while the server runs; restart it`]);
  }
  // A project of our own making has no credentials to read again.
  if (config.keyRing === null && next.keyRing === null) return false;
  if (next.keyRing?.applicationId !== keyRing.applicationId) {
    const { id } = keyRing.environment === "opentok" ? OPENTOK : VONAGE;
    throw new StartupError([`${id}: cannot change while the server runs; restart it`]);
  }
  return keyRing.takeKeysOf(next.keyRing);
}

function localProject(databaseFile: string | null): KeyRing {
  const { apiKey, apiSecret } =
    databaseFile === null
      ? newLocalProject()
      : keptLocalProject(join(dirname(databaseFile), "local-project.json"));
  return openTokKeyRing(apiKey, apiSecret);
}

async function listen(app: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    await app.close();
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") throw new StartupError([`PORT: ${port} is already in use on ${host}`]);
    if (code === "EACCES") throw new StartupError([`PORT: ${port} is not allowed for this user`]);
    throw new StartupError([`HOST: cannot listen on ${host}: ${code}`]);
  }
}
