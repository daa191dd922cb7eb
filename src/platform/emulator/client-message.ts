import type { ClientMessage } from "./protocol.ts";
import { RoomRefusal } from "./room-refusal.ts";

/** The longest message of a client, in bytes. It has room for the largest signal, escaped. */
export const MAX_MESSAGE = 64 * 1024;

/** The longest name of a stream, in UTF-16 code units. */
const MAX_NAME = 1000;
/** The longest token, in characters. Official tokens have at most about 4,000. */
const MAX_TOKEN = 16_384;
const MAX_ID = 64;
/** The most streams that `forceMuteAll` excludes. */
const MAX_EXCLUDED = 1000;

const VIDEO_TYPES: readonly unknown[] = ["camera", "screen", "custom", null];

/** The rule that a value breaks; null if it breaks none. */
type Rule = (value: unknown) => string | null;

const text =
  (limit: number): Rule =>
  (value) =>
    typeof value === "string" && value.length <= limit && value.isWellFormed()
      ? null
      : `must be well-formed text of at most ${limit} characters`;

const videoType: Rule = (value) =>
  VIDEO_TYPES.includes(value) ? null : "must be camera, screen, custom or null";

const ids: Rule = (value) =>
  Array.isArray(value) && value.length <= MAX_EXCLUDED && value.every((id) => text(MAX_ID)(id) === null)
    ? null
    : `must be a list of at most ${MAX_EXCLUDED} stream IDs`;

type Rules = ReadonlyMap<string, Rule>;

const none: Rules = new Map();
const rules = (each: Readonly<Record<string, Rule>>): Rules => new Map(Object.entries(each));
const STREAM = rules({ streamId: text(MAX_ID) });

/** The fields of each message, except `type`. The limits of signals are in bytes, and checked with the signals of servers. */
const MESSAGES: Readonly<
  Record<ClientMessage["type"], { readonly required: Rules; readonly optional: Rules }>
> = {
  join: { required: rules({ token: text(MAX_TOKEN) }), optional: none },
  publish: { required: none, optional: rules({ name: text(MAX_NAME), videoType }) },
  unpublish: { required: STREAM, optional: none },
  signal: {
    required: none,
    optional: rules({ to: text(MAX_ID), signalType: text(MAX_MESSAGE), data: text(MAX_MESSAGE) }),
  },
  forceUnpublish: { required: STREAM, optional: none },
  forceDisconnect: { required: rules({ connectionId: text(MAX_ID) }), optional: none },
  forceMute: { required: STREAM, optional: none },
  forceMuteAll: { required: none, optional: rules({ excludedStreamIds: ids }) },
  leave: { required: none, optional: none },
};

/**
 * Reads a message of a client.
 *
 * @param text null for a binary message
 * @throws {RoomRefusal} naming the field and the rule, without the value
 */
export function readClientMessage(text: string | null): ClientMessage {
  const message = objectIn(text);
  const { type } = message;
  if (typeof type !== "string" || !Object.hasOwn(MESSAGES, type))
    throw invalid(`type must be one of ${Object.keys(MESSAGES).join(", ")}`);
  const { required, optional } = MESSAGES[type as ClientMessage["type"]];
  for (const [field, value] of Object.entries(message)) {
    if (field === "type") continue;
    const rule = required.get(field) ?? optional.get(field);
    // The field's name comes from the client, so it is not repeated.
    if (rule === undefined)
      throw invalid(`${type} takes only ${[...required.keys(), ...optional.keys(), "type"].join(", ")}`);
    const broken = rule(value);
    if (broken !== null) throw invalid(`${field} ${broken}`);
  }
  const missing = [...required.keys()].find((field) => !Object.hasOwn(message, field));
  if (missing !== undefined) throw invalid(`${type} needs ${missing}`);
  return message as unknown as ClientMessage;
}

function objectIn(text: string | null): Readonly<Record<string, unknown>> {
  if (text === null) throw invalid("a message must be text, not binary");
  if (Buffer.byteLength(text) > MAX_MESSAGE)
    throw new RoomRefusal(413, `a message must be at most ${MAX_MESSAGE} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid("a message must be JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid("a message must be a JSON object with a type");
  return value as Readonly<Record<string, unknown>>;
}

function invalid(message: string): RoomRefusal {
  return new RoomRefusal(400, message);
}
