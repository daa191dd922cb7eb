import type { TokenInspection } from "../../domain/token-inspection.ts";
import type { Platform } from "../platform.ts";
import { emulatedPlatform } from "./emulated-platform.ts";
import { EventSender, type SenderOptions } from "./event-sender.ts";
import { type JoinHandler, joinHandler } from "./join-handler.ts";
import { Rooms } from "./rooms.ts";
import { ServerCalls } from "./server-calls.ts";

/** The local platform: rooms that clients join, servers call, and events report. */
export interface Emulator {
  readonly platform: Platform;
  readonly calls: ServerCalls;
  readonly clients: JoinHandler;
  readonly events: EventSender;
}

/** @param inspect inspects a token as the platform does: its signature, session, times and claims */
export function createEmulator(
  applicationId: string,
  inspect: (token: string, now: Date) => TokenInspection,
  sender: SenderOptions,
): Emulator {
  const events = new EventSender(sender);
  const rooms = new Rooms(applicationId, (event) => events.send(event));
  const calls = new ServerCalls(rooms);
  return {
    platform: emulatedPlatform(applicationId, calls),
    calls,
    clients: joinHandler(rooms, inspect, sender.now),
    events,
  };
}
