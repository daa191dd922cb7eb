/** How soon a server on an existing database is ready, and how much memory it holds when idle. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { CALLER_ENV } from "./caller.js";
import { stop } from "./programs.js";
import { median, spread } from "./statistics.js";

const STARTS = 7;

export async function benchStart() {
  const folder = mkdtempSync(join(tmpdir(), "stagepass-bench-"));
  const times = [];
  const memory = [];
  try {
    // The first makes the database.
    for (let run = 0; run <= STARTS; run++) {
      const start = performance.now();
      const child = spawn(process.execPath, [fileURLToPath(new URL("../dist/main.js", import.meta.url))], {
        env: {
          ...process.env,
          ...CALLER_ENV,
          NODE_ENV: "production",
          PORT: "0",
          DATABASE_URL: `file:${join(folder, "bench.db")}`,
        },
        stdio: ["ignore", "pipe", "ignore"],
      });
      try {
        let output = "";
        for await (const chunk of child.stdout) {
          output += chunk;
          const url = /http:\S+/.exec(output)?.[0];
          if (!url) continue;
          const { ok } = await fetch(new URL("/readyz", url));
          if (!ok) throw new Error("not ready");
          if (run > 0) times.push(performance.now() - start);
          break;
        }
        await sleep(1000);
        const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
        if (run > 0) memory.push(Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024);
      } finally {
        await stop(child);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return [
    {
      measure: "from `node dist/main.js` on an existing database to /readyz; memory when idle",
      ours: `${Math.round(median(times))} ms, ${Math.round(median(memory))} MB`,
      spread: spread(times),
    },
  ];
}
