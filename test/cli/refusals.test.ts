import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PRESET_CLAIMS } from "../../src/access/key-presets.ts";
import { answerTo } from "../support/command-line.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { newSessionId } from "../support/fault-server.ts";
import { openStore } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const COMMANDS = [
  ["start"],
  ["token"],
  ["inspect"],
  ["join"],
  ["session", "create"],
  ["keys", "create"],
  ["keys", "list"],
  ["keys", "revoke"],
  ["tokens", "revoke"],
  ["participants", "list"],
  ["participants", "remove"],
  ["bans", "add"],
  ["bans", "list"],
  ["bans", "lift"],
  ["migrate"],
  ["backup"],
  ["check"],
  ["export"],
  ["import"],
];

const GRANT = JSON.stringify({ scope: "tokens:create" });

/** A project, and a database of its own. */
const environment = () => ({
  PLATFORM: "local",
  OPENTOK_API_KEY: API_KEY,
  OPENTOK_API_SECRET: API_SECRET,
  DATABASE_URL: `file:${join(temporaryFolder(), "stagepass.db")}`,
});

describe("the program", () => {
  it.each(COMMANDS)("%s %s has help with an example and the variables", async (...words) => {
    const command = words.filter(Boolean);
    const { code, text: help } = await answerTo([...command, "--help"]);
    expect(code).toBe(0);
    expect(help).toMatch(new RegExp(`^Usage: stagepass ${command.join(" ")}`));
    expect(help).toMatch(/\nExample:\n {2}\S/);
    expect(help).toMatch(/\nVariables, from the environment or \.env in the working directory: \S/);
  });

  it.each([
    [["toke"], "unknown command 'toke' (Did you mean token?); see stagepass --help"],
    [["keys"], "a command is missing; see stagepass keys --help"],
    [["token"], "required option '--session <id>' not specified; see stagepass token --help"],
    [
      ["token", "--session", "a", "--sesion", "b"],
      /^unknown option '--sesion' \(Did you mean --session\?\); see /,
    ],
    [["inspect", "a", "b"], /^too many arguments/],
  ])("refuses %j with exit code 2 and one line", async (args, message) => {
    const { code, text: error } = await answerTo(args);
    expect(error).not.toContain("\n");
    expect(code).toBe(2);
    if (typeof message === "string") expect(error).toBe(message);
    else expect(error).toMatch(message);
  });

  it.each([
    [["session", "create", "--name", "--e2ee"], "--name"],
    [["token", "--session", "--json"], "--session"],
    [["token", "--session", "a", "--initial-layout-class-list", "--json"], "--initial-layout-class-list"],
    [["keys", "create", "--name", "--grant", "{}"], "--name"],
  ])("takes no option for the value of one, as in %j", async (args, option) => {
    const { code, text: error } = await answerTo(args);
    expect(error).toContain(`${option}: has no value; write a value that begins with -- as ${option}=--…`);
    expect(code).toBe(2);
  });
});

it.each<[string[], number, RegExp]>([
  [["--session", "1_nobodys"], 1, /^--session: is malformed/],
  [["--expire-time", "5"], 2, /^--expire-time: must be later than now/],
  [["--expire-time", "soon"], 2, /^--expire-time: must be a time in whole seconds/],
  [["--expires-in", "31d"], 2, /^--expires-in: must be from 1 to 2592000 whole seconds, /],
  [["--expires-in", "0"], 2, /^--expires-in: must be a number of seconds, at least 1/],
  [
    ["--expires-in", "1h", "--expire-time", "1"],
    2,
    /'--expires-in <duration>' cannot be used with .*'--expire-time/,
  ],
  [["--role", "boss"], 2, /^--role: must be one of /],
  [["--role", "publisher", "--role", "moderator"], 2, /^--role: may be given only once/],
  [["--format", "jwe"], 2, /^--format: must be one of jwt, t1/],
  [["--data", "x".repeat(1001)], 2, /^--data: must /],
])(
  "stagepass token with %j ends with %i, names the option and records nothing",
  async (args, exitCode, message) => {
    const env = environment();
    const sessionId = newSessionId(API_KEY);
    const session = args.includes("--session") ? [] : ["--session", sessionId];
    const { code, text } = await answerTo(["token", ...session, ...args], env);
    expect(text).toMatch(message);
    expect(code).toBe(exitCode);
    const { ledger } = await openStore(env.DATABASE_URL);
    expect(await ledger.count([sessionId], 1)).toEqual([0]);
  },
);

it.each<[string[], RegExp]>([
  [["--archive-mode", "always"], /^--archive-mode: .*add --media-mode ROUTED/],
  [["--e2ee"], /^--e2ee: needs a routed session; add --media-mode ROUTED$/],
  [
    ["--e2ee", "--media-mode", "routed", "--archive-mode", "always"],
    /^--e2ee: excludes --archive-mode ALWAYS; /,
  ],
  [["--max-age", "1h"], /^--max-age: applies only to a session with a name; add --name/],
  [["--location", "nowhere"], /^--location: /],
  [["--name", ""], /^--name: /],
])("stagepass session create refuses %j", async (args, message) => {
  const { code, text } = await answerTo(["session", "create", ...args], environment());
  expect(text).toMatch(message);
  expect(code).toBe(2);
});

it.each<[string, string[], RegExp]>([
  ["no command", [], /a command is missing; see stagepass keys --help/],
  [
    "a lifetime that is none",
    ["create", "--name", "a", "--grant", GRANT, "--expires-in", "soon"],
    /--expires-in: must be a number of seconds/,
  ],
  ["an unknown option", ["create", "--name", "a", "--grant", GRANT, "--root"], /unknown option '--root'/],
  [
    "neither a grant nor a preset",
    ["create", "--name", "a"],
    /--grant: give exactly one of --grant, --preset/,
  ],
  [
    "a grant and a preset",
    ["create", "--name", "a", "--grant", GRANT, "--admin"],
    /give exactly one of --grant/,
  ],
  [
    "two presets",
    ["create", "--name", "a", "--preset", "read-only", "--admin"],
    /give exactly one of --grant/,
  ],
  [
    "an unknown preset",
    ["create", "--name", "a", "--preset", "all"],
    /--preset: must be one of everything, front_end, read_only/,
  ],
  ["no name", ["create", "--grant", GRANT], /required option '--name <name>'/],
  ["a name that looks like an ID", ["create", "--name", "0123abcd", "--grant", GRANT], /--name/],
  [
    "a name that looks like a key",
    ["create", "--name", "stagepass_0123abcd_x", "--grant", GRANT],
    /--name: .*must not look like a key/,
  ],
  ["a name that stands for standard input", ["create", "--name", "-", "--grant", GRANT], /--name: .*or be -/],
  ["a grant that is not JSON", ["create", "--name", "a", "--grant", "all"], /--grant: must be a JSON object/],
  ["an unknown scope", ["create", "--name", "a", "--grant", '{"scope":"tokens:make"}'], /--grant: scope/],
  [
    "a scope in the singular",
    ["create", "--name", "a", "--grant", '{"scope":"token:create"}'],
    /--grant: "token:create" is not a scope of this server; did you mean tokens:create\?/,
  ],
  [
    "a scope that is a number",
    ["create", "--name", "a", "--grant", '{"scope":1}'],
    /--grant: scope must be a string of scopes separated by spaces, or a list of scopes; it is a number/,
  ],
  [
    "no scope",
    ["create", "--name", "a", "--grant", '{"scope":[]}'],
    /--grant: scope must have one or more of/,
  ],
  ["another member", ["create", "--name", "a", "--grant", '{"scope":"tokens:create","x":1}'], /--grant/],
  [
    "a limit that is misspelt",
    ["create", "--name", "a", "--grant", '{"scope":"tokens:create","video_grant":{"maxlifetime":60}}'],
    /--grant: video_grant/,
  ],
  [
    "a name that no session can have",
    ["create", "--name", "a", "--grant", '{"scope":"tokens:create","video_grant":{"names":["standup "]}}'],
    /--grant: video_grant\.names must not end in a space, U\+0020/,
  ],
])("stagepass keys refuses %s, and makes nothing", async (_, args, message) => {
  const env = environment();
  expect((await answerTo(["keys", ...args], env)).text).toMatch(message);
  const { apiKeys } = await openStore(env.DATABASE_URL);
  expect(await apiKeys.list()).toEqual([]);
});

it.each([
  [["--admin"], "EVERYTHING"],
  [["--preset", "everything"], "EVERYTHING"],
  [["--preset", "front-end"], "FRONT_END"],
  [["--preset", "READ_ONLY"], "READ_ONLY"],
] as const)("stagepass keys create %j makes a key with the preset %s", async (args, preset) => {
  const env = environment();
  await expect(answerTo(["keys", "create", "--name", "a", ...args], env)).rejects.toThrow(/ was done$/);
  const { apiKeys } = await openStore(env.DATABASE_URL);
  expect(await apiKeys.list()).toMatchObject([{ name: "a", claims: PRESET_CLAIMS[preset] }]);
});
