import { setFlagsFromString } from "node:v8";
import type { Logger } from "pino";
import { STANDARD_STREAM } from "./audit/open-audit.ts";
import { changedForRestart, type EnvFile, parseConfig, readEnvironment } from "./config/config.ts";
import { StartupError } from "./errors.ts";
import { createLog } from "./process/logger.ts";
import { atStopSignal } from "./process/signals.ts";
import { COMMIT, VERSION } from "./process/version.ts";
import { createServer, type Server } from "./server.ts";
import { describeAddress } from "./store/database-address.ts";

/** Options of V8 for a server: mostly short requests, with pauses. */
const V8_FLAGS = [
  // By default, the heap may grow to four times the memory in use before garbage collection, and new documents fill it.
  "--heap-growing-percent=100",
  // Otherwise, V8 may forget code during a pause, and the next requests take several times as long.
  "--no-flush-bytecode",
  // Otherwise, V8 learns during the start which objects live long, and allocates their like among the old ones. There, they keep all
  // objects of their request until the next full garbage collection.
  "--no-allocation-site-pretenuring",
];

/** The longest time for writing the last log lines, in milliseconds. */
const LOG_DEADLINE = 500;

/** The first output, with a request that returns a session and a token for it. */
function welcome({ url, consoleUrl, open }: Server): string {
  const query = "mutation { createSession { sessionId applicationId generateToken { token expiresAt } } }";
  // The server does not have the caller's credential.
  const credentials = open ? "" : ' -H "authorization: Bearer $STAGEPASS_CREDENTIAL"';
  return [
    `Stagepass serves GraphQL at ${url}`,
    "",
    ...(consoleUrl === null ? [] : [`The console is at ${consoleUrl}`, ""]),
    "Create a session and a token for it:",
    "",
    `  curl '${url}' -H 'content-type: application/json'${credentials} -d '${JSON.stringify({ query })}'`,
    "",
    "",
  ].join("\n");
}

/** Resolves at the first stop signal. Later ones change nothing: under npm, Ctrl-C sends two. */
function signalled(): Promise<void> {
  return new Promise((resolve) => atStopSignal(() => resolve()));
}

/** Reloads the credentials. If they are invalid, the server keeps the old ones. */
function rotate(server: Server, logger: Logger, started: EnvFile): void {
  try {
    const [environment, file] = readEnvironment();
    const config = parseConfig(environment, file);
    const changes = server.rotate(config);
    logger.info(changes, "the credentials were reloaded");
    const names = changedForRestart(started, file).filter((name) => !environment[name]);
    if (names.length > 0)
      logger.warn({ names }, "these variables changed in .env; restart the server to use them");
    if (Object.values(changes).includes(true)) for (const note of config.notes) logger.warn(note);
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    logger.error({ problems: error.problems }, "the credentials cannot be reloaded; the old ones stay");
  }
}

/**
 * Runs the server in this process, configured by the environment, until SIGINT or SIGTERM. Errors that stop the start go to standard
 * error.
 *
 * @returns the exit code: 0 after a clean stop, otherwise 1
 */
export async function start(): Promise<number> {
  // First, so that a signal during the start is neither lost nor fatal.
  const stop = signalled();
  for (const flag of V8_FLAGS) setFlagsFromString(flag);
  try {
    return await serve(stop);
  } catch (error) {
    await tellWhy(error);
    return 1;
  }
}

/** Serves until `stop`, and resolves to the exit code. */
async function serve(stop: Promise<void>): Promise<number> {
  let rotationAsked = false;
  let onHangUp = () => {
    rotationAsked = true;
  };
  process.on("SIGHUP", () => onHangUp());
  const [environment, file] = readEnvironment();
  const config = parseConfig(environment, file);
  const { logger, finish } = createLog(config.logLevel);
  const starting = createServer(config, { logger, now: () => new Date() });
  // The start may wait for a database, but a stop does not wait.
  const server = await Promise.race([starting, stop.then(() => null)]);
  if (server === null) return 0;

  // The server also runs when standard output is closed. The address must not mix with lines of the audit trail.
  process.stdout.on("error", () => {});
  if (config.audit?.path !== STANDARD_STREAM) process.stdout.write(welcome(server));
  const { name: platform } = config.platform;
  logger.info(
    {
      version: VERSION,
      commit: COMMIT,
      node: process.version,
      url: server.url,
      ...(server.metricsUrl && { metricsUrl: server.metricsUrl }),
      pid: process.pid,
      platform,
      applicationId: server.applicationId,
      database: describeAddress(config.database),
      ...(server.isDatabaseNew && { isDatabaseNew: true }),
    },
    "listening",
  );
  if (server.open) {
    logger.warn(
      "no authentication: anyone who can reach this address gets tokens, but only this machine can reach it",
    );
  }

  for (const note of config.notes) logger.warn(note);

  onHangUp = () => {
    server.reopenAudit();
    rotate(server, logger, file);
  };
  if (rotationAsked) onHangUp();

  await stop;
  let code = 0;
  try {
    await server.close();
  } catch (err) {
    logger.error({ err }, "the server did not close cleanly");
    code = 1;
  }
  await finish(LOG_DEADLINE);
  return code;
}

/** Reports a failed start: every problem of the configuration, or an unexpected error with its stack. */
async function tellWhy(error: unknown): Promise<void> {
  if (error instanceof StartupError) {
    process.stderr.write(`${error.problems.join("\n")}\n`);
    return;
  }
  const { logger, finish } = createLog("fatal");
  logger.fatal({ err: error }, "the server has failed");
  await finish(LOG_DEADLINE);
}
