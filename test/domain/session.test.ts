import { describe, expect, it } from "vitest";
import {
  ArchiveMode,
  ArchiveResolution,
  checkSameOptions,
  MediaMode,
  type Session,
  type SessionOptions,
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
  maxParticipants: null,
};

/** No option is given. */
const NONE = {
  mediaMode: null,
  archiveMode: null,
  archiveName: null,
  location: null,
  e2ee: null,
  maxParticipants: null,
};

describe("sessionOptions", () => {
  it.each<[string, SessionOptionsInput]>([
    ["absent", {}],
    ["null", NONE],
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
    { maxParticipants: 1 },
    { maxParticipants: 10_000 },
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
    ["archiveName", { ...archived, archiveName: "a\0" }, /control characters/],
    ["archiveResolution", { archiveResolution: ArchiveResolution.HD_PORTRAIT }, /archiveMode: ALWAYS/],
    [
      "archiveResolution",
      { archiveResolution: ArchiveResolution.HD_PORTRAIT, mediaMode: ROUTED, archiveMode: MANUAL },
      /archiveMode: ALWAYS/,
    ],
    ["maxParticipants", { maxParticipants: 0 }, /from 1 to 10000; 0/],
    ["maxParticipants", { maxParticipants: 10_001 }, /from 1 to 10000; 10001/],
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
        extensions: { code: "BAD_USER_INPUT", retryable: false, argument },
      }),
    );
  });
});

describe("checkSameOptions", () => {
  const options: SessionOptions = {
    mediaMode: ROUTED,
    archiveMode: ALWAYS,
    archiveName: "Monday",
    archiveResolution: ArchiveResolution.HD_PORTRAIT,
    location: "203.0.113.7",
    e2ee: false,
    maxParticipants: 10,
  };
  const session: Session = {
    sessionId: "1_a",
    applicationId: "1",
    name: "a",
    createdAt: null,
    createdHere: true,
    ...options,
  };

  it("accepts the options that the session has, and needs nothing else of it", () => {
    expect(() => checkSameOptions(session, options)).not.toThrow();
    const plain = sessionOptions({});
    expect(() => checkSameOptions({ ...session, ...plain }, plain)).not.toThrow();
  });

  it("lets an option be any that is absent or null", () => {
    for (const given of [{}, NONE, { mediaMode: ROUTED }, { ...NONE, e2ee: false }]) {
      expect(() => checkSameOptions(session, given)).not.toThrow();
    }
  });

  it("looks at nothing that is no option", () => {
    const more = { name: "b", maxAge: 5, sessionId: "1_b" } as SessionOptionsInput;
    expect(() => checkSameOptions(session, more)).not.toThrow();
  });

  it.each<[keyof SessionOptions, SessionOptionsInput, string]>([
    [
      "mediaMode",
      { mediaMode: RELAYED },
      "mediaMode is ROUTED in the session with this name, but RELAYED was",
    ],
    [
      "archiveMode",
      { archiveMode: MANUAL },
      "archiveMode is ALWAYS in the session with this name, but MANUAL was",
    ],
    [
      "archiveName",
      { archiveName: "x" },
      'archiveName is "Monday" in the session with this name, but "x" was',
    ],
    [
      "archiveResolution",
      { archiveResolution: ArchiveResolution.SD_LANDSCAPE },
      "archiveResolution is HD_PORTRAIT in the session with this name, but SD_LANDSCAPE was",
    ],
    [
      "location",
      { location: "1.1.1.1" },
      'location is "203.0.113.7" in the session with this name, but "1.1.1.1"',
    ],
    ["e2ee", { e2ee: true }, "e2ee is false in the session with this name, but true was requested"],
  ])("names %s when it differs: %j", (argument, other, message) => {
    expect(() => checkSameOptions(session, other)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(message),
        extensions: { code: "BAD_USER_INPUT", retryable: false, argument },
      }),
    );
  });
});
