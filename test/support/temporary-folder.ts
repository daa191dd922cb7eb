import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** An empty folder, removed after the test. */
export function temporaryFolder(whenOver = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), "stagepass-"));
  whenOver(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The path of a new file, removed after the test. */
export function fileOf(content: string | Buffer): string {
  const path = join(temporaryFolder(), "file");
  writeFileSync(path, content);
  return path;
}
