import { BadUserInput } from "../errors.ts";
import type { Signal } from "./platform.ts";

/** The largest type of a signal, in bytes of UTF-8. Source: the platform's documentation, as for the data. */
export const MAX_TYPE = 128;
/** The largest data of a signal, in bytes of UTF-8. */
export const MAX_DATA = 8192;

/** @throws {BadUserInput} naming `type` or `data` if it is too large */
export function checkSignal({ type, data }: Signal): void {
  checkSize("type", type, MAX_TYPE);
  checkSize("data", data, MAX_DATA);
}

function checkSize(argument: "type" | "data", value: string, limit: number): void {
  const size = Buffer.byteLength(value);
  if (size > limit)
    throw new BadUserInput(argument, `${argument} is ${size} bytes in UTF-8; the limit is ${limit}`);
}
