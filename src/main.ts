import pino from "pino";
import { parseConfig, readEnvironment } from "./config.ts";
import { StartupError } from "./errors.ts";
import { createServer, type Server } from "./server.ts";

/** The first thing to try: it answers with a session and a token for it. */
function welcome(url: string): string {
  const query = "mutation { createSession { sessionId applicationId generateToken { token expiresAt } } }";
  return [
    `Stagepass serves GraphQL at ${url}`,
    "",
    "Create a session and a token for it:",
    "",
    `  curl ${url} -H 'content-type: application/json' -d '${JSON.stringify({ query })}'`,
    "",
    "",
  ].join("\n");
}

async function start(): Promise<void> {
  const config = parseConfig(readEnvironment());
  // To standard error, so that standard output has the address alone; a write for each line would slow every request.
  const destination = pino.destination({ dest: 2, sync: false, minLength: 4096, periodicFlush: 100 });
  const logger = pino({ level: config.logLevel, base: null }, destination);
  const server = await createServer(config, { logger, now: () => new Date() });
  process.stdout.write(welcome(server.url));
  logger.info({ url: server.url }, "listening");
  logger.warn(
    "no authentication: whoever can reach this address gets tokens; it is open to this machine alone",
  );

  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      // A terminal's Ctrl-C reaches us twice under npm; only the first counts.
      if (stopping) return;
      stopping = true;
      stop(server);
    });
  }
}

async function stop(server: Server): Promise<void> {
  await server.close();
  process.exit(0);
}

try {
  await start();
} catch (error) {
  if (!(error instanceof StartupError)) throw error;
  process.stderr.write(`${error.problems.join("\n")}\n`);
  process.exitCode = 1;
}
