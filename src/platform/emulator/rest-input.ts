import { isUtf8 } from "node:buffer";
import {
  ArchiveMode,
  ArchiveResolution,
  MediaMode,
  type SessionOptions,
  sessionOptions,
} from "../../domain/session.ts";
import type { Signal } from "../../domain/signal.ts";
import { BadUserInput } from "../../errors.ts";

import { RoomRefusal } from "./room-refusal.ts";
import type { LayoutClasses } from "./server-calls.ts";

/*
 * Readers of the bodies of calls to the platform, as its server SDKs send them. Each throws `RoomRefusal` with status 400 for another
 * body. The rooms check IDs and lengths.
 */

/** The options of a new session, from a form. */
export function sessionOptionsIn(body: unknown): SessionOptions {
  const form = new URLSearchParams(textIn(body));
  const field = <T>(name: string, values: Readonly<Record<string, T>>): T | null => {
    const given = form.get(name);
    if (given === null) return null;
    if (Object.hasOwn(values, given)) return values[given] as T;
    throw new RoomRefusal(400, `${name} must be one of ${Object.keys(values).join(", ")}`);
  };
  const location = form.get("location");
  try {
    return sessionOptions({
      mediaMode: field("p2p.preference", PREFERENCES) ?? MediaMode.ROUTED,
      archiveMode: field("archiveMode", byValue(ArchiveMode)),
      archiveName: form.get("archiveName"),
      archiveResolution: field("archiveResolution", byValue(ArchiveResolution)),
      // @vonage/video sends the text null for no location.
      location: location === "null" ? null : location,
      e2ee: field("e2ee", { true: true, false: false }),
    });
  } catch (error) {
    if (error instanceof BadUserInput) throw new RoomRefusal(400, error.message);
    throw error;
  }
}

/** Source: the platform's server SDKs; Python sends `always`. */
const PREFERENCES = {
  enabled: MediaMode.RELAYED,
  always: MediaMode.RELAYED,
  disabled: MediaMode.ROUTED,
};

function byValue<T extends string>(values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.values(values).map((value) => [value, value]));
}

/** Whether to mute all streams, and which not. The Ruby SDK sends `active` as text, and `excludedStreams`. */
export function muteStateIn(body: unknown): { active: boolean; excludedStreamIds: readonly string[] } {
  const { active, excludedStreamIds, excludedStreams } = objectIn(body);
  const excluded = excludedStreamIds ?? excludedStreams ?? [];
  if (!BOOLEANS.has(active)) throw new RoomRefusal(400, "active must be true or false");
  if (!isListOfTexts(excluded)) throw new RoomRefusal(400, "excludedStreamIds must be a list of stream IDs");
  return { active: BOOLEANS.get(active) === true, excludedStreamIds: excluded };
}

const BOOLEANS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  ["true", true],
  [false, false],
  ["false", false],
]);

/** A signal to clients. */
export function signalIn(body: unknown): Signal {
  const { type, data } = objectIn(body);
  if (typeof type !== "string" || typeof data !== "string")
    throw new RoomRefusal(400, "type and data must be texts");
  return { type, data };
}

/** The layout classes of streams. */
export function layoutClassesIn(body: unknown): readonly LayoutClasses[] {
  const { items } = objectIn(body);
  if (Array.isArray(items) && items.every(isLayoutClasses)) return items;
  throw new RoomRefusal(400, "items must be a list of objects with id and layoutClassList");
}

function isLayoutClasses(item: unknown): item is LayoutClasses {
  const { id, layoutClassList } = Object(item);
  return typeof id === "string" && isListOfTexts(layoutClassList);
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function objectIn(body: unknown): Readonly<Record<string, unknown>> {
  const text = textIn(body);
  try {
    return Object(JSON.parse(text));
  } catch {
    throw new RoomRefusal(400, "the body is not JSON");
  }
}

function textIn(body: unknown): string {
  if (!Buffer.isBuffer(body)) return "";
  if (!isUtf8(body)) throw new RoomRefusal(400, "the body is not UTF-8");
  return body.toString("utf8");
}
