import { RoomRefusal } from "./room-refusal.ts";

/** The longest type of a signal, in bytes of UTF-8. */
export const MAX_SIGNAL_TYPE = 128;
/** The longest data of a signal, in bytes of UTF-8. */
export const MAX_SIGNAL_DATA = 8192;

/**
 * @param typeField the name of the field with the type, for the message
 * @throws {RoomRefusal} with status 413 for a signal that is too long
 */
export function checkSignal(typeField: string, type: string, data: string): void {
  checkBytes(typeField, type, MAX_SIGNAL_TYPE);
  checkBytes("data", data, MAX_SIGNAL_DATA);
}

function checkBytes(field: string, text: string, limit: number): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > limit)
    throw new RoomRefusal(413, `${field} must be at most ${limit} bytes in UTF-8; it has ${bytes}`);
}
