import { isIPv6 } from "node:net";
import type { Command } from "commander";
import { parseServerAddress, readEnvironment } from "../../config/config.ts";
import { quote } from "../../errors.ts";
import type { ServerMessage } from "../../platform/emulator/protocol.ts";
import { atStopSignal } from "../../process/signals.ts";
import { explains } from "../perform.ts";
import { BAD_USER_INPUT, Refusal } from "../refusal.ts";
import { ownLine, roomLine } from "../room-line.ts";
import { RoomParticipant } from "../room-participant.ts";
import { DASH, readArgument, write } from "../standard-streams.ts";
import { text, valued, wholeNumber } from "../values.ts";

/** The most participants of one command. */
const MAX_COUNT = 1000;
/** Participants that join at the same time. */
const AT_ONCE = 20;

/** `stagepass join`. */
export function defineJoin(program: Command): void {
  const command = program
    .command("join")
    .summary("Join a session of a local server, and print what happens in it.")
    .description(
      "Join a session of a server with PLATFORM=local, and print what happens in it until Ctrl-C. The exit code is also 0 if the participant is disconnected by force.",
    )
    .addOption(
      valued(
        "--token <token>",
        "the token (required); - reads it from standard input, which keeps it out of the process list",
        text,
      ).makeOptionMandatory(),
    )
    .option("--publish", "publish a stream")
    .addOption(
      valued(
        "--count <number>",
        `join this often with the same token, up to ${MAX_COUNT} (default: 1)`,
        counted,
      ),
    )
    .addOption(valued("--url <url>", "URL of the server (default: from HOST and PORT)", serverUrl))
    .action(() => join(command.opts<Options>()));
  explains(command, 'echo "$TOKEN" | stagepass join --token - --publish', ["HOST, PORT"]);
}

interface Options {
  readonly token: string;
  readonly publish?: true;
  readonly count?: number;
  readonly url?: URL;
}

/** Joins, prints what happens, and resolves when all participants have left or are disconnected by force. */
async function join({ token: given, publish, count = 1, url = localServer() }: Options): Promise<void> {
  const token = given === DASH ? await readArgument("--token") : given;
  const participants: RoomParticipant[] = [];
  const leave = () => {
    for (const each of participants) each.leave();
  };
  let isStopped = false;
  atStopSignal(() => {
    isStopped = true;
    leave();
  });
  let failure: unknown = null;
  const say = async (line: string) => {
    try {
      await write(`${line}\n`);
    } catch (error) {
      failure ??= error;
      leave();
    }
  };
  const report = count === 1 ? each(say) : summary(count, say);
  try {
    while (participants.length < count && !isStopped) {
      const next = Array.from(
        { length: Math.min(AT_ONCE, count - participants.length) },
        (_, i) => new RoomParticipant(url, token, report(participants.length + i)),
      );
      participants.push(...next);
      await Promise.all(next.map(({ joined }) => joined));
    }
    if (publish && !isStopped) for (const each of participants) each.publish();
    await Promise.all(participants.map(({ ended }) => ended));
    if (isStopped) await say(ownLine("left", new Date()));
    // A reader that stops early, as head does, causes no error.
    if (failure !== null && !(failure instanceof Refusal && failure.code === "EPIPE")) throw failure;
  } finally {
    leave();
    await Promise.allSettled(participants.map(({ ended }) => ended));
  }
}

type Say = (line: string) => Promise<void>;
type Report = (index: number) => (message: ServerMessage) => void;

/** Prints each message. */
function each(say: Say): Report {
  return () => (message) => {
    if (message.type !== "error") void say(roomLine(message, new Date()));
  };
}

/** Prints how many have joined, published and been disconnected, and what the first one sees of others. */
function summary(count: number, say: Say): Report {
  const own = new Set<string>();
  const done = { joined: 0, published: 0, disconnected: 0 };
  const note = (what: keyof typeof done) => {
    done[what] += 1;
    if (done[what] === count || what === "disconnected")
      void say(ownLine(`${what} ${done[what]} of ${count}`, new Date()));
  };
  return (index) => (message) => {
    if (message.type === "joined") {
      own.add(message.connectionId);
      note("joined");
    } else if (message.type === "published") {
      own.add(message.stream.streamId);
      note("published");
    } else if (message.type === "disconnected") {
      note("disconnected");
    } else if (index === 0 && done.joined === count && message.type !== "error" && !own.has(whose(message))) {
      void say(roomLine(message, new Date()));
    }
  };
}

/** The connection that a message is about; the stream, if the message does not say whose it is. */
function whose(message: ServerMessage): string {
  switch (message.type) {
    case "connectionCreated":
      return message.connection.connectionId;
    case "connectionDestroyed":
      return message.connectionId;
    case "streamCreated":
      return message.stream.connectionId;
    case "streamDestroyed":
      return message.streamId;
    default:
      return "";
  }
}

function counted(value: string): number {
  const count = wholeNumber(value);
  if (count >= 1 && count <= MAX_COUNT) return count;
  throw new Error(`must be from 1 to ${MAX_COUNT}; ${quote(value)} was given`);
}

function serverUrl(value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Error("must be the URL of a server, such as http://127.0.0.1:4000");
  url.pathname = url.pathname.replace(/\/?$/, "/");
  return url;
}

/** The server that this environment would start. */
function localServer(): URL {
  const { host, port } = parseServerAddress(...readEnvironment());
  if (port === 0) throw new Refusal(BAD_USER_INPUT, "is needed, because PORT is 0", "--url");
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return new URL(`http://${isIPv6(reached) ? `[${reached}]` : reached}:${port}/`);
}
