/** A value as a table cell. Escapes control and invisible characters, because callers choose the text. */
export function cell(value: unknown): string {
  const text = value instanceof Date ? value.toISOString() : `${value ?? ""}`;
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (hidden) => `\\u{${hidden.codePointAt(0)?.toString(16)}}`);
}

/** A table of rows with the same fields: a header line, and one line for each row. */
export function tableOf(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const header = Object.keys(rows[0] ?? {});
  const lines = [header, ...rows.map((row) => Object.values(row).map((value) => cell(value) || "-"))];
  const widths = header.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((text, i) => text.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
