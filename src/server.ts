import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import { StartupError } from "./errors.ts";
import { createApollo } from "./graphql/apollo.ts";
import { createSchema } from "./graphql/schema.ts";
import { createApp, GRAPHQL_PATH } from "./http/app.ts";
import { createProject, type Project } from "./project.ts";
import { SessionService } from "./services/session-service.ts";
import { TokenService } from "./services/token-service.ts";
import { SigningService } from "./signing/signing-service.ts";
import { openDatabase } from "./store/database.ts";
import { sqlStore } from "./store/sql-store.ts";

/** How long requests in flight may take to finish when the server stops, in milliseconds. */
const DRAIN_DEADLINE = 7000;

/** A server that listens. */
export interface Server {
  /** Where GraphQL is served. */
  readonly url: string;
  /** The project that it works for: an OpenTok API key or a Vonage application ID. */
  readonly applicationId: string;

  /** Signs with other credentials of the same project from now on. */
  readonly rotate: Project["rotate"];

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
    const { keyRing, platform, rotate } = createProject(config, logger);
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
      applicationId: keyRing.applicationId,
      rotate,
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
