import { setImmediate as nextTurn } from "node:timers/promises";

/** An answer, of which only the data can be long. */
interface Answer {
  readonly errors?: unknown;
  readonly extensions?: unknown;
  readonly data?: Readonly<Record<string, unknown>> | null;
}

/** How many outcomes become text in one turn of the event loop. With all their fields full it takes some 3 milliseconds. */
const PER_TURN = 100;

/**
 * The text of an answer in JSON. One that has the outcomes of many requests is written a portion at a time: with all their
 * fields full, the text of a thousand has 11 million characters.
 */
export function stringifyResult(result: Answer): string | Promise<string> {
  return Object.values(result.data ?? {}).some(isLong)
    ? stringifyLong(result)
    : `${JSON.stringify(result)}\n`;
}

async function stringifyLong({ data, ...others }: Answer): Promise<string> {
  const fields: string[] = [];
  for (const [name, value] of Object.entries(data ?? {})) {
    fields.push(
      `${JSON.stringify(name)}:${isLong(value) ? await stringifyList(value) : JSON.stringify(value)}`,
    );
  }
  const members = JSON.stringify(others).slice(1, -1);
  return `{${members}${members && ","}"data":{${fields.join(",")}}}\n`;
}

async function stringifyList(items: readonly unknown[]): Promise<string> {
  const portions: string[] = [];
  for (let start = 0; start < items.length; start += PER_TURN) {
    await nextTurn();
    portions.push(JSON.stringify(items.slice(start, start + PER_TURN)).slice(1, -1));
  }
  return `[${portions.join(",")}]`;
}

function isLong(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > PER_TURN;
}
