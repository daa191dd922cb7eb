import { describe, expect, it } from "vitest";
import {
  ArchiveMode,
  ArchiveResolution,
  MediaMode,
  type SessionOptionsInput,
  sessionOptions,
} from "../../src/domain/session.ts";

const { ALWAYS, MANUAL } = ArchiveMode;
const { RELAYED, ROUTED } = MediaMode;
const archived = { mediaMode: ROUTED, archiveMode: ALWAYS };

const defaults = {
  mediaMode: RELAYED,
  archiveMode: MANUAL,
  archiveName: null,
  archiveResolution: null,
  location: null,
  e2ee: false,
};

describe("sessionOptions", () => {
  it.each<[string, SessionOptionsInput]>([
    ["absent", {}],
    ["null", { mediaMode: null, archiveMode: null, archiveName: null, location: null, e2ee: null }],
  ])("gives what is %s its default", (_, input) => {
    expect(sessionOptions(input)).toEqual(defaults);
  });

  it.each<SessionOptionsInput>([
    { mediaMode: ROUTED },
    { mediaMode: ROUTED, archiveMode: MANUAL },
    archived,
    { ...archived, archiveName: "a".repeat(80) },
    { ...archived, archiveName: "é" },
    ...Object.values(ArchiveResolution).map((archiveResolution) => ({ ...archived, archiveResolution })),
    { mediaMode: ROUTED, e2ee: true },
    { mediaMode: ROUTED, archiveMode: MANUAL, e2ee: true },
    { e2ee: false },
    { location: "0.0.0.0" },
    { location: "255.255.255.255" },
  ])("accepts %j", (input) => {
    expect(sessionOptions(input)).toEqual({ ...defaults, ...input });
  });

  it.each<[string, SessionOptionsInput, RegExp]>([
    ["archiveMode", { archiveMode: ALWAYS }, /mediaMode: ROUTED/],
    ["archiveMode", { archiveMode: ALWAYS, mediaMode: RELAYED }, /mediaMode: ROUTED/],
    ["archiveName", { archiveName: "a" }, /archiveMode: ALWAYS/],
    ["archiveName", { archiveName: "a", mediaMode: ROUTED, archiveMode: MANUAL }, /archiveMode: ALWAYS/],
    ["archiveName", { ...archived, archiveName: "a".repeat(81) }, /80 characters; 81/],
    ["archiveName", { ...archived, archiveName: "" }, /empty/],
    ["archiveName", { ...archived, archiveName: "\ud800" }, /surrogate/],
    ["archiveResolution", { archiveResolution: ArchiveResolution.HD_PORTRAIT }, /archiveMode: ALWAYS/],
    [
      "archiveResolution",
      { archiveResolution: ArchiveResolution.HD_PORTRAIT, mediaMode: ROUTED, archiveMode: MANUAL },
      /archiveMode: ALWAYS/,
    ],
    ["e2ee", { e2ee: true }, /mediaMode: ROUTED/],
    ["e2ee", { e2ee: true, mediaMode: RELAYED }, /mediaMode: ROUTED/],
    ["e2ee", { ...archived, e2ee: true }, /archiveMode: ALWAYS/],
    ...["", "127.1", "::1", "localhost", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "1.2.3.4\n", "1.2.3.4/8"].map(
      (location): [string, SessionOptionsInput, RegExp] => ["location", { location }, /IPv4/],
    ),
  ])("refuses, naming %s: %j", (argument, input, rule) => {
    expect(() => sessionOptions(input)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(rule),
        extensions: { code: "BAD_USER_INPUT", argument },
      }),
    );
  });
});
