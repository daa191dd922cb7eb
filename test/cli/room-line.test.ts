import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { roomLine } from "../../src/cli/room-line.ts";
import type { ServerMessage } from "../../src/platform/emulator/protocol.ts";

const SELF = "2f6a1c0e-7d1b-4b0a-9f53-0d6c8f1f2a11";
const OTHER = "9b1e4c52-0c6e-4c53-a5d0-1a8f3f6f0c77";
const STREAM = { streamId: "5d0f7a1e-32a5-4b6e-8a7d-6f2f1f0f9b40", createdAt: 0, videoType: "camera" };
const JOINED = {
  type: "joined",
  sessionId: "1_",
  connectionId: SELF,
  createdAt: 0,
  data: "",
  role: "publisher",
  streams: [],
} as const;

type Message = Exclude<ServerMessage, { type: "error" }>;

const lineAt = (seconds: string, message: Message) =>
  roomLine(message, new Date(`2026-11-29T14:03:${seconds}`));

test("the lines of the documentation are those of the command", () => {
  const lines = [
    lineAt("07", { ...JOINED, connections: [{ connectionId: OTHER, createdAt: 0, data: "" }] }),
    lineAt("07", { type: "published", stream: { ...STREAM, connectionId: SELF, name: "" } }),
    lineAt("12", { type: "signal", from: OTHER, signalType: "chat", data: "hello" }),
    lineAt("20", { type: "disconnected", reason: "forceDisconnected" }),
  ];
  const [, shown] = /^```text\n(.*? joined as .*?)\n```/ms.exec(readFileSync("docs/cli.md", "utf8")) ?? [];
  expect(shown?.split("\n")).toEqual(lines);
});

test("a line shows the control characters of others, and does not obey them", () => {
  const data = "\u001b[2J\nleft";
  const line = lineAt("00", { type: "signal", from: OTHER, signalType: "", data });
  expect(line).not.toContain("\u001b");
  expect(line).not.toContain("\n");
  expect(line).toContain("left");
});
