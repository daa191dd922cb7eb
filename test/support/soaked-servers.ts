import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLI } from "./process.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A program that prints its URL and answers everything so, and says in standard error who it is. */
export function standIn(status: number, body: unknown): string {
  const file = join(temporaryFolder(), "stand-in.mjs");
  writeFileSync(
    file,
    `import { createServer } from "node:http";
     const server = createServer((request, response) => {
       request.resume().on("end", () => response.writeHead(${status}).end(${JSON.stringify(JSON.stringify(body))}));
     });
     server.listen(0, "127.0.0.1", () => {
       console.error("pid", process.pid);
       console.log("http://127.0.0.1:" + server.address().port + "/graphql");
     });`,
  );
  return file;
}

/** A program that ends at the first request. */
export function endingSoon(): string {
  const file = standIn(200, {});
  writeFileSync(
    file,
    readFileSync(file, "utf8").replace("request.resume()", "process.exit(); request.resume()"),
  );
  return file;
}

/** A program in front of the built server that counts one token too many in every session. */
export function miscounting(): string {
  return inFront(`text = text.replace(
    /"issuedTokens":{"totalCount":(\\d+)/,
    (_, n) => '"issuedTokens":{"totalCount":' + (Number(n) + 1),
  );`);
}

/** A program in front of the built server that leaves out what is in its lists. */
export function emptying(): string {
  return inFront(`text = text.replaceAll(/"(nodes|counts)":\\[[^\\]]*\\]/g, '"$1":[]');`);
}

/** A program in front of the built server that keeps so many megabytes more every second, from the first answer on. */
export function leaking(megabytesPerSecond: number): string {
  return inFront(`globalThis.kept ??= [];
    while (kept.length < seconds() * 10) kept.push(Buffer.alloc(${megabytesPerSecond * 1e5}, 1));`);
}

/** A program in front of the built server that lets its clients wait for tokens for so many milliseconds, from so many seconds after the first answer on. */
export function slowingDown(afterSeconds: number, ms: number): string {
  return inFront(
    `if (seconds() > ${afterSeconds} && text.includes("eyJ")) await new Promise((resolve) => setTimeout(resolve, ${ms}));`,
  );
}

/** A program in front of the built server that does so before it passes on an answer's `text`, and knows the `seconds()` since the first one. */
function inFront(act: string): string {
  const file = join(temporaryFolder(), "in-front.mjs");
  writeFileSync(
    file,
    `import { spawn } from "node:child_process";
     import { createServer } from "node:http";
     import { createInterface } from "node:readline";
     const inner = spawn(process.execPath, [${JSON.stringify(CLI)}], { stdio: ["ignore", "pipe", "inherit"] });
     process.on("SIGTERM", () => inner.once("exit", () => process.exit()).kill());
     const { value: line } = await createInterface(inner.stdout)[Symbol.asyncIterator]().next();
     let first;
     const seconds = () => (performance.now() - (first ??= performance.now())) / 1000;
     const server = createServer(async (request, response) => {
       const { "content-type": type, authorization } = request.headers;
       const body = await new Response(request).text();
       const answer = await fetch(/http:\\S+/.exec(line)[0], { method: "POST", headers: { "content-type": type, authorization }, body });
       let text = await answer.text();
       ${act}
       response.writeHead(answer.status).end(text);
     });
     server.listen(0, "127.0.0.1", () => console.log("http://127.0.0.1:" + server.address().port + "/graphql"));`,
  );
  return file;
}
