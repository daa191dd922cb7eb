import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MAIN } from "./process.ts";
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
  const file = join(temporaryFolder(), "miscounting.mjs");
  writeFileSync(
    file,
    `import { spawn } from "node:child_process";
     import { createServer } from "node:http";
     import { createInterface } from "node:readline";
     const inner = spawn(process.execPath, [${JSON.stringify(MAIN)}], { stdio: ["ignore", "pipe", "inherit"] });
     process.on("SIGTERM", () => inner.once("exit", () => process.exit()).kill());
     const { value: line } = await createInterface(inner.stdout)[Symbol.asyncIterator]().next();
     const server = createServer(async (request, response) => {
       const { "content-type": type, authorization } = request.headers;
       const body = await new Response(request).text();
       const answer = await fetch(/http:\\S+/.exec(line)[0], { method: "POST", headers: { "content-type": type, authorization }, body });
       const text = await answer.text();
       response.writeHead(answer.status).end(
         text.replace(/"issuedTokens":{"totalCount":(\\d+)/, (_, n) => '"issuedTokens":{"totalCount":' + (Number(n) + 1)),
       );
     });
     server.listen(0, "127.0.0.1", () => console.log("http://127.0.0.1:" + server.address().port + "/graphql"));`,
  );
  return file;
}
