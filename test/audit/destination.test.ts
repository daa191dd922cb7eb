import { execFileSync } from "node:child_process";
import { closeSync, openSync, read, readFileSync, readSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { type Destination, fileDestination } from "../../src/audit/destination.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

async function openFile(path: string): Promise<Destination> {
  const destination = await fileDestination(path);
  onTestFinished(() => destination.close());
  return destination;
}

/** A named pipe with a reader, or with none. */
function newPipe(folder: string) {
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  const open = () => openSync(path, "r+");
  return { path, open };
}

it("appends to a file, which it makes for its owner alone", async () => {
  const path = join(temporaryFolder(), "audit.jsonl");
  await (await openFile(path)).write("one\n");
  await (await openFile(path)).write("two\n");
  expect(readFileSync(path, "utf8")).toBe("one\ntwo\n");
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it("goes on in a new file once it is told that the old one was moved", async () => {
  const path = join(temporaryFolder(), "audit.jsonl");
  const destination = await openFile(path);
  await destination.write("one\n");
  renameSync(path, `${path}.1`);
  await destination.write("two\n");
  destination.reopen();
  await destination.write("three\n");
  expect(readFileSync(`${path}.1`, "utf8")).toBe("one\ntwo\n");
  expect(readFileSync(path, "utf8")).toBe("three\n");
});

it("goes on in a new file by itself where the old one was deleted, and fails without its folder", async () => {
  const folder = join(temporaryFolder(), "audit");
  execFileSync("mkdir", [folder]);
  const path = join(folder, "audit.jsonl");
  const destination = await openFile(path);
  rmSync(path);
  await destination.write("one\n");
  expect(readFileSync(path, "utf8")).toBe("one\n");
  rmSync(folder, { recursive: true });
  await expect(destination.write("two\n")).rejects.toThrow(/ENOENT/);
  execFileSync("mkdir", [folder]);
  await destination.write("three\n");
  expect(readFileSync(path, "utf8")).toBe("three\n");
});

it("begins on a line of its own after a write that stopped in the middle of one", async () => {
  const folder = temporaryFolder();
  const { path, open } = newPipe(folder);
  const reader = open();
  const destination = await openFile(path);
  const long = `${"x".repeat(100_000)}\n`;
  // A pipe of Linux holds 64 KB.
  await expect(destination.write(long)).rejects.toThrow(/EAGAIN/);
  const read = () => {
    const buffer = Buffer.alloc(200_000);
    return buffer.subarray(0, readSync(reader, buffer)).toString();
  };
  expect(long.startsWith(read())).toBe(true);
  await destination.write("next\n");
  expect(read()).toBe("\nnext\n");
  closeSync(reader);
});

it("keeps lines whole in a pipe that a server and a command write to at once", async () => {
  const { path, open } = newPipe(temporaryFolder());
  const reader = open();
  onTestFinished(() => closeSync(reader));
  const lines = ["a", "b"].map((char) => `${char.repeat(1000)}\n`);
  let rest = 2 * 300 * 1001;
  const written = Promise.all(
    lines.map(async (line) => {
      const destination = await openFile(path);
      for (let i = 0; i < 3; i++) await destination.write(line.repeat(100));
    }),
  );
  let text = "";
  const buffer = Buffer.alloc(10_000);
  const readSome = promisify(read);
  while (rest > 0) {
    // So slowly that the pipe is full, and each of them finds room in turn.
    await setTimeout(5);
    const { bytesRead } = await readSome(reader, buffer, 0, buffer.length, null);
    text += buffer.toString("utf8", 0, bytesRead);
    rest -= bytesRead;
  }
  await written;
  expect(text.split("\n").filter((line) => line !== "" && !lines.includes(`${line}\n`))).toEqual([]);
});

it("cannot open a pipe that nobody reads, nor a folder, and does not wait for either", async () => {
  const folder = temporaryFolder();
  await expect(fileDestination(newPipe(folder).path)).rejects.toThrow(/ENXIO/);
  await expect(fileDestination(folder)).rejects.toThrow(/EISDIR/);
});
