import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkForSecrets } from "../support/credentials.ts";
import { endingSoon, miscounting, standIn } from "../support/soaked-servers.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const SOAK = fileURLToPath(new URL("../../bench/soak.js", import.meta.url));

/** `npm run soak` without the build. Its server's folder is in one of its own. */
function startSoak(...args: string[]) {
  const child = spawn(process.execPath, [SOAK, ...args], {
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
  return { child, ended, output: () => output };
}

// It gives the server a core and itself another, and reads memory from /proc.
describe.runIf(process.platform === "linux" && availableParallelism() > 1)("a soak", () => {
  it("of the built server finds nothing wrong, and reports on it", async () => {
    const json = join(temporaryFolder(), "soak.json");
    const { ended } = startSoak("--minutes", "0.1", "--rate", "200", "--json", json);
    const { code, output, errors } = await ended;
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(
      output.match(/^\d\.\d\d min {2}\d+\/s {2}p50 .* ms {2}p99 .* ms {2}\d+ MB {2}0 wrong$/gm)?.length,
    ).toBeGreaterThan(15);
    expect(output).toMatch(/^Memory: \d[\d ]* MB$/m);
    expect(output).toMatch(/^Passed, as far as it was judged$/m);
    // Of each thousand requests, every kind there is.
    expect(JSON.parse(readFileSync(json, "utf8"))).toMatchObject({ answers: 1200, failed: 0, failures: [] });
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
        / the ledger of 20 sessions of 20, such as (\d+) tokens where (?!\1)\d+ were delivered/,
      ),
    ]);
  });

  it("of a server that ends fails soon", async () => {
    const { ended } = startSoak("--minutes", "5", "--server", endingSoon());
    expect(await ended).toMatchObject({ code: 1, output: expect.stringContaining("the server has ended") });
  });

  it("is ended early by a signal, with its report", async () => {
    const soak = startSoak("--minutes", "0.5");
    await expect.poll(soak.output).toContain(" min  ");
    soak.child.kill("SIGINT");
    const { code, output } = await soak.ended;
    expect(code).toBe(0);
    expect(output).toContain("Stopped early.");
    expect(output).toContain("Passed");
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
