import { setImmediate as nextTurn } from "node:timers/promises";

/** How many UTF-16 code units of a text are encoded in one turn of the event loop. It takes some 3 milliseconds. */
const PORTION = 1024 * 1024;

/** A long text in UTF-8, encoded a portion at a time; a short one as it is, to be encoded when it is sent. */
export function encodeInTurns(text: string): string | Promise<Buffer> {
  return text.length > PORTION ? encode(text) : text;
}

async function encode(text: string): Promise<Buffer> {
  const portions: Buffer[] = [];
  for (let start = 0; start < text.length; ) {
    await nextTurn();
    const end = start + PORTION;
    const portion = text.slice(start, isLowSurrogate(text.charCodeAt(end)) ? end + 1 : end);
    portions.push(Buffer.from(portion));
    start += portion.length;
  }
  return Buffer.concat(portions);
}

/** Whether a code unit is the second half of a character, from which the first must not be parted. */
function isLowSurrogate(codeUnit: number): boolean {
  return codeUnit >= 0xdc00 && codeUnit <= 0xdfff;
}
