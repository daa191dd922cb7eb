import type { TokenFieldsFragment } from "./generated/documents.ts";

const COLUMNS = ["data", "token", "expiry", "id", "identity"];

/** Tokens as a table of comma-separated values. Source: RFC 4180. */
export function tokensAsCsv(tokens: readonly TokenFieldsFragment[]): string {
  const rows = tokens.map(({ data, token, expiresAt, id, identity }) => [
    data ?? "",
    token,
    expiresAt,
    id,
    identity ?? "",
  ]);
  return [COLUMNS, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** Spreadsheets would run a cell that begins so as a formula, even in quotes. An apostrophe makes it a text. */
const FORMULA = /^[=+\-@\t\r\n]/;

function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
