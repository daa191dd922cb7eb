/** Sends events as fast as the server takes them. Prints a line at the start, and sends their number per second at the end. */
import { sender, visit } from "./events.js";
import { API_KEY, sessionIdOf } from "./project.js";

const SENDERS = 64;

const [url, participants, sessions] = process.argv.slice(2);
const events = Array.from({ length: Number(participants) }, (_, i) =>
  visit(sessionIdOf(API_KEY, `session-${i % Number(sessions)}-`)),
).flat();
const { send, close } = sender(url, SENDERS);
let next = 0;
process.on("message", async () => {
  const start = performance.now();
  await Promise.all(
    Array.from({ length: SENDERS }, async () => {
      while (next < events.length) await send(events[next++]);
    }),
  );
  close();
  process.send((events.length * 1000) / (performance.now() - start));
});
console.log("ready");
