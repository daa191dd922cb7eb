import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { BOUNDS, type Bounds } from "../../bench/soak/verdict.js";
import { checkForSecrets } from "../support/credentials.ts";
import {
  emptying,
  endingSoon,
  leaking,
  miscounting,
  slowingDown,
  standIn,
} from "../support/soaked-servers.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const SOAK = fileURLToPath(new URL("../../bench/soak.js", import.meta.url));
const COMMAND = new URL("../../bench/soak/command.js", import.meta.url).href;

/** `npm run soak` without the build. Its server's folder is in one of its own. */
const startSoak = (...args: string[]) => startProgram(SOAK, args);

/** A soak of six seconds, unless told otherwise, which is judged by what so short a time can show, but for the bounds that are given. */
function startShortSoak(bounds: Partial<Bounds>, ...args: string[]) {
  const file = join(temporaryFolder(), "short-soak.mjs");
  const all = {
    ...BOUNDS,
    leastMinutes: 0.04,
    leastAnswers: 5,
    mostGrowth: 1e6,
    mostSlowdown: 1e6,
    ...bounds,
  };
  writeFileSync(
    file,
    `import { command } from ${JSON.stringify(COMMAND)};
     process.exitCode = await command(process.argv.slice(2), ${JSON.stringify(all)});`,
  );
  return startProgram(file, ["--minutes", "0.1", ...args]);
}

function startProgram(file: string, args: readonly string[]) {
  const child = spawn(process.execPath, [file, ...args], {
    env: { PATH: process.env.PATH, TMPDIR: temporaryFolder() },
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const ended = once(child, "close").then(([code]) => {
    checkForSecrets(output + errors);
    expect(output + errors).not.toContain("eyJ");
    return { code, output, errors };
  });
  // It ends its server then; one that is killed could not.
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  return { child, ended, output: () => output, errors: () => errors };
}

/** It gives the server a core and itself another, and reads memory from /proc. */
const POSSIBLE = process.platform === "linux" && availableParallelism() > 1;

describe.runIf(POSSIBLE)("a soak", { timeout: 60_000 }, () => {
  it("of the built server finds nothing wrong, reports on it, and is too short to pass", async () => {
    const json = join(temporaryFolder(), "soak.json");
    const { ended } = startSoak("--minutes", "0.1", "--rate", "200", "--json", json);
    const { code, output, errors } = await ended;
    expect({ code, errors }).toEqual({ code: 3, errors: "" });
    expect(
      output.match(/^\d\.\d\d min {2}\d+\/s {2}p50 .* ms {2}p99 .* ms {2}\d+ MB {2}0 wrong$/gm)?.length,
      // Twenty, of which a busy machine leaves out some.
    ).toBeGreaterThan(5);
    expect(output).toMatch(/^Memory: \d[\d ]* MB$/m);
    expect(output).toMatch(/^Neither passed nor failed$/m);
    // Of each thousand requests, every kind there is.
    expect(JSON.parse(readFileSync(json, "utf8"))).toMatchObject({
      answers: 1200,
      failed: 0,
      failures: [],
      outcome: "not judged",
    });
  });

  it("passes when all was judged, and nothing is wrong", async () => {
    const { code, output } = await startShortSoak({}).ended;
    expect(code).toBe(0);
    expect(output).toMatch(/^Passed$/m);
    expect(output).toMatch(/^ {2}grows by -?\d+\.\d\d MB a minute$/m);
    expect(output).not.toContain("Not judged");
  });

  it("of a server that leaks fails for that alone", async () => {
    // The leak is 2400 MB a minute; the server's own growth in its first seconds is a small part of that.
    const { code, output } = await startShortSoak({ mostGrowth: 1000 }, "--server", leaking(40)).ended;
    expect(output.match(/^FAILED .*$/gm)).toEqual([
      expect.stringMatching(/^FAILED memory: grows by \d+\.\d\d MB a minute; at most 1000 is allowed$/),
    ]);
    expect(code).toBe(1);
  });

  it("of a server that slows down fails for that alone", async () => {
    // Two seconds are more than any pause of a busy machine, and fewer are under way than there are connections.
    const server = slowingDown(4, 2000);
    const { code, output } = await startShortSoak({ mostSlowdown: 1.5 }, "--rate", "20", "--server", server)
      .ended;
    expect(output.match(/^FAILED .*$/gm)).toEqual([
      expect.stringMatching(
        /^FAILED p99: is \d+\.\d\d times that of the first tenth; at most 1\.5 is allowed$/,
      ),
    ]);
    expect(code).toBe(1);
  });

  it.each([
    ["with 500", 500, { data: null }, "HTTP 500"],
    [
      "with errors, though with 200",
      200,
      { errors: [{ message: "no", extensions: { code: "X" } }] },
      "X: no",
    ],
    ["with something else", 200, { data: {} }, "not what was asked for"],
  ])("of a server that answers %s fails, and ends that server", async (_, status, body, reason) => {
    const { code, output, errors } = await startSoak("--minutes", "0.02", "--server", standIn(status, body))
      .ended;
    expect(code).toBe(1);
    expect(output.match(/^FAILED .*$/gm)).toEqual([
      expect.stringMatching(/^FAILED answers: \d+ were wrong, /),
    ]);
    expect(output).toContain(reason);
    const pid = Number(/^pid (\d+)$/m.exec(errors)?.[1]);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  it("of a server whose ledger has a token that nobody asked for fails", async () => {
    const { code, output } = await startSoak("--minutes", "0.05", "--server", miscounting()).ended;
    expect(code).toBe(1);
    expect(output.match(/^FAILED .*$/gm)).toEqual([
      expect.stringMatching(
        / the ledger of (\d+) sessions of \1, such as (\d+) tokens where (?!\2)\d+ were delivered/,
      ),
    ]);
  });

  it("of a server that has nothing in its lists, whatever it made, fails", async () => {
    const { code, output } = await startSoak("--minutes", "0.1", "--server", emptying()).ended;
    expect(code).toBe(1);
    for (const kind of ["a page of sessions", "a page of issuedTokens", "issuances"])
      expect(output).toContain(`${kind}: not what was asked for`);
  });

  it("of a server that ends fails soon", async () => {
    const { ended } = startSoak("--minutes", "5", "--server", endingSoon());
    expect(await ended).toMatchObject({ code: 1, output: expect.stringContaining("the server has ended") });
  });

  it("is ended early by a signal, with its report, and has not passed then", async () => {
    const soak = startShortSoak({}, "--minutes", "0.5");
    await expect.poll(soak.output).toContain(" min  ");
    soak.child.kill("SIGINT");
    const { code, output } = await soak.ended;
    expect(code).toBe(3);
    expect(output).toMatch(/^Not judged: the rest: it was stopped early$/m);
    expect(output).toMatch(/^Neither passed nor failed$/m);
  });

  it("that is killed leaves no server behind", async () => {
    const soak = startSoak("--minutes", "0.5", "--server", standIn(200, {}));
    await expect.poll(soak.errors).toMatch(/^pid \d+$/m);
    const pid = Number(/^pid (\d+)$/m.exec(soak.errors())?.[1]);
    const isThere = () => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    onTestFinished(() => void (isThere() && process.kill(pid, "SIGKILL")));
    soak.child.kill("SIGKILL");
    await expect.poll(isThere).toBe(false);
  });

  it.each([
    [["--minutes", "0"], "--minutes: must be a number above 0, at most 10080\n"],
    [["--minutes", "soon"], "--minutes: must be a number above 0, at most 10080\n"],
    [["--rate", "1.5"], "--rate: must be a whole number of requests a second from 1 to 10000\n"],
    [["--speed", "1"], "Unknown option '--speed'\n"],
  ])("with %j says what is wrong in one line, and does not begin", async (args, errors) => {
    expect(await startSoak(...args).ended).toEqual({ code: 2, output: "", errors });
  });
});
