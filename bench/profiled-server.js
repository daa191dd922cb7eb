/**
 * The server as its environment configures it. At the line `begin` on standard input it begins to profile itself; any
 * other is the file that the profile is written to, which it prints then.
 */
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { serve } from "./serve.js";

const SAMPLING_MICROSECONDS = 200;

const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.setSamplingInterval", { interval: SAMPLING_MICROSECONDS });

await serve(process.env, {
  begin: () => session.post("Profiler.start"),
  end: async (file) => {
    const { profile } = await session.post("Profiler.stop");
    writeFileSync(file, JSON.stringify(profile));
    return file;
  },
});
