import pino from "pino";
import { afterEach, describe, expect, it, vi } from "vitest";
import { requestLog, STRANGERS_LINES } from "../../src/http/request-log.ts";
import { EVERYTHING, signedJwt } from "../support/callers.ts";
import { startServer } from "../support/server.ts";

afterEach(() => {
  vi.useRealTimers();
});

const LEFT_OUT = "requests without a caller were omitted from the log";

describe("requests without a caller", () => {
  function logged(level = "info") {
    vi.useFakeTimers();
    const lines: { msg: string; leftOut?: number; requestId?: string }[] = [];
    const log = requestLog(pino({ level }, { write: (line) => lines.push(JSON.parse(line)) }));
    const write = (count: number, caller?: string, kind: "info" | "warn" = "info") => {
      for (let i = 0; i < count; i++) log.write(kind, { requestId: String(i), caller }, "request");
    };
    return { log, write, lines, count: () => lines.filter(({ msg }) => msg === "request").length };
  }

  it("have so many lines a second, and then one with how many were left out", () => {
    const { write, lines, count } = logged();
    write(STRANGERS_LINES);
    vi.advanceTimersByTime(999);
    expect(lines).toHaveLength(STRANGERS_LINES);
    write(5);
    expect(count()).toBe(STRANGERS_LINES);
    vi.advanceTimersByTime(1);
    expect(lines.slice(STRANGERS_LINES)).toMatchObject([{ level: 40, msg: LEFT_OUT, leftOut: 5 }]);
    write(STRANGERS_LINES);
    expect(count()).toBe(2 * STRANGERS_LINES);
    vi.advanceTimersByTime(5000);
    expect(lines.filter(({ msg }) => msg === LEFT_OUT)).toHaveLength(1);
  });

  it("leave the lines of callers alone", () => {
    const { write, count } = logged();
    write(1000);
    write(1000, "key:0123abcd");
    expect(count()).toBe(STRANGERS_LINES + 1000);
  });

  it("are counted only at the level that is logged", () => {
    const { write, lines } = logged("warn");
    write(1000);
    write(STRANGERS_LINES + 1, undefined, "warn");
    vi.advanceTimersByTime(1000);
    expect(lines.at(-1)).toMatchObject({ msg: LEFT_OUT, leftOut: 1 });
  });

  it("are counted also when the log ends", () => {
    const { log, write, lines } = logged();
    write(STRANGERS_LINES + 3);
    log.close();
    expect(lines.at(-1)).toMatchObject({ msg: LEFT_OUT, leftOut: 3 });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the line of a request", () => {
  const ask = (url: string, headers: Record<string, string>) =>
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ query: "{ videoCaller { subject } }" }),
    });

  it("has the ID of its caller, and no more of it than 300 characters", async () => {
    const server = await startServer({ NODE_ENV: "production" });
    for (const claims of [
      { iss: "idp", sub: "ann" },
      { iss: "i".repeat(1000), sub: "ann" },
    ]) {
      await ask(server.url, { authorization: `Bearer ${signedJwt({ ...EVERYTHING, ...claims })}` });
    }
    const callers = () => server.log().flatMap(({ caller }) => (caller === undefined ? [] : [caller]));
    await expect.poll(callers).toEqual(['jwt:["idp","ann"]', `jwt:["${"i".repeat(294)}`]);
    await server.close();
  });

  it("says why a credential was refused, once, and nothing of the credential", async () => {
    const server = await startServer({ NODE_ENV: "production" });
    const canary = `stagepass_0123abcd_${"canary".repeat(7)}x`;
    const responses = [
      await ask(server.url, {}),
      await ask(server.url, { authorization: "Bearer canary.canary.canary" }),
      await ask(server.url, { "x-api-key": canary }),
      await ask(server.url, { "x-forwarded-for": "203.0.113.7", "x-api-key": "canary" }),
    ];
    expect(responses.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    const lines = () => server.log().filter(({ requestId }) => requestId !== undefined);
    await expect.poll(lines).toHaveLength(4);
    const reasons = await Promise.all(
      responses.map(async (response) => (await response.json()).errors[0].message),
    );
    expect(lines()).toMatchObject(
      reasons.map((reason) => ({ level: 30, status: 401, code: "UNAUTHENTICATED", reason })),
    );
    for (const line of lines()) expect(line).not.toHaveProperty("address");
    expect(JSON.stringify(server.log())).not.toMatch(/canary|203\.0\.113/);
    await server.close();
  });

  it("is there for each caller, and not for each of a flood of strangers", async () => {
    const server = await startServer({ NODE_ENV: "production" });
    const authorization = `Bearer ${signedJwt(EVERYTHING)}`;
    const flood = Array.from({ length: 300 }, (_, i) => ask(server.url, i % 10 ? {} : { authorization }));
    await Promise.all((await Promise.all(flood)).map((response) => response.text()));
    const lines = () => server.log().filter(({ msg }) => msg === "request");
    await expect.poll(() => lines().filter(({ caller }) => caller !== undefined)).toHaveLength(30);
    const strangers = lines().filter(({ caller }) => caller === undefined).length;
    expect(strangers).toBeGreaterThanOrEqual(STRANGERS_LINES);
    const leftOut = () => server.log().reduce((sum, { leftOut }) => sum + Number(leftOut ?? 0), 0);
    await expect.poll(() => leftOut() + lines().length).toBe(300);
    expect(leftOut()).toBeGreaterThan(0);
    await server.close();
  });
});
