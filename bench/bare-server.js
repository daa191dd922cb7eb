/** The lower bound for generateToken: parses the body, signs the token and writes the same answer. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { openTokKeyRing } from "../dist/signing/key-ring.js";
import { signOpenTokJwt } from "../dist/signing/opentok-jwt.js";
import { signOpenTokT1 } from "../dist/signing/opentok-t1.js";
import { API_KEY, API_SECRET } from "./project.js";

const keyRing = openTokKeyRing(API_KEY, API_SECRET);

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const { variables } = JSON.parse(Buffer.concat(chunks).toString());
    const { sessionId, role, data, expireTime, initialLayoutClassList, format } = variables;
    const createTime = Math.floor(Date.now() / 1000);
    const grant = {
      sessionId,
      role: role.toLowerCase(),
      data,
      initialLayoutClassList,
      createTime,
      expireTime,
    };
    const sign = format === "T1" ? signOpenTokT1 : signOpenTokJwt;
    const token = sign(grant, randomUUID(), keyRing);
    const expiresAt = new Date(expireTime * 1000).toISOString();
    const answer = JSON.stringify({ data: { generateToken: { token, expiresAt, role } } });
    response.writeHead(200, {
      "x-request-id": randomUUID(),
      "cache-control": "no-store",
      "content-type": "application/json; charset=utf-8",
      "content-length": Buffer.byteLength(answer),
    });
    response.end(answer);
  });
});

server.listen(0, "127.0.0.1", () =>
  process.stdout.write(`http://127.0.0.1:${server.address().port}/graphql\n`),
);
