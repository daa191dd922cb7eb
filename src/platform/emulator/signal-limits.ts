import { MAX_DATA, MAX_TYPE } from "../signal.ts";
import { RoomRefusal } from "./room-refusal.ts";

/**
 * @param typeField the name of the field with the type, for the message
 * @throws {RoomRefusal} with status 413 for a signal that is too long
 */
export function checkLimits(typeField: string, type: string, data: string): void {
  checkBytes(typeField, type, MAX_TYPE);
  checkBytes("data", data, MAX_DATA);
}

function checkBytes(field: string, text: string, limit: number): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > limit)
    throw new RoomRefusal(413, `${field} must be at most ${limit} bytes in UTF-8; it has ${bytes}`);
}
