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

/**
 * How much the heap may grow before its garbage is collected, in percent of what is in use. V8 lets it grow to four times that
 * size, and documents that nobody sent before fill it.
 */
const HEAP_GROWTH = 100;

/** How long the last lines of the log may take, in milliseconds. */
const LOG_DEADLINE = 500;

/** The first thing to try: it answers with a session and a token for it. */
function welcome({ url, consoleUrl, open }: Server): string {
  const query = "mutation { createSession { sessionId applicationId generateToken { token expiresAt } } }";
  // The caller's own, which the server does not have.
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

/** Resolves at the first signal to stop. Later ones change nothing: a terminal's Ctrl-C comes twice under npm. */
function signalled(): Promise<void> {
  return new Promise((resolve) => atStopSignal(() => resolve()));
}

/** Reads the credentials again. Whatever is wrong with them, the server goes on with those it has. */
function rotate(server: Server, logger: Logger, started: EnvFile): void {
  try {
    const [environment, file] = readEnvironment();
    const config = parseConfig(environment, file);
    const changes = server.rotate(config);
    logger.info(changes, "the credentials were read again");
    const names = changedForRestart(started, file).filter((name) => !environment[name]);
    if (names.length > 0) logger.warn({ names }, "changed in .env; restart the server to use it");
    if (changes.changed || changes.authentication) for (const note of config.notes) logger.warn(note);
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    logger.error({ problems: error.problems }, "the credentials cannot be read again; the old ones stay");
  }
}

/**
 * Runs the server as this process, as the environment configures it, until SIGINT or SIGTERM. What stops it from starting is written
 * to standard error.
 *
 * @returns the exit code: 0 after a clean stop, else 1
 */
export async function start(): Promise<number> {
  // Before all else, so that a signal during the start is not lost, nor fatal.
  const stop = signalled();
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH}`);
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
  // The start may wait for a database, and for longer than whoever stops it.
  const server = await Promise.race([starting, stop.then(() => null)]);
  if (server === null) return 0;

  // Nobody need read the address for the server to serve; nor may it be among the lines of the audit trail.
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
      "no authentication: whoever can reach this address gets tokens; it is open to this machine alone",
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

/** What is wrong in what was configured is said in its lines; anything else is a mistake of ours, whose place is in its stack. */
async function tellWhy(error: unknown): Promise<void> {
  if (error instanceof StartupError) {
    process.stderr.write(`${error.problems.join("\n")}\n`);
    return;
  }
  const { logger, finish } = createLog("fatal");
  logger.fatal({ err: error }, "the server has failed");
  await finish(LOG_DEADLINE);
}
