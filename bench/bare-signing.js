/** The least that can be done for a token: its claims signed in a loop. At each line on standard input it prints a rate. */
import { createSecretKey, randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import jsonwebtoken from "jsonwebtoken";
import { API_KEY, API_SECRET, DATA, SESSION_ID } from "./project.js";
import { signingRate } from "./signing-rate.js";

const ROUND_MS = 500;
const WARM_UP_ROUNDS = 4;

const key = createSecretKey(API_SECRET, "utf8");

function sign() {
  const id = randomUUID();
  const iat = Math.floor(Date.now() / 1000);
  return jsonwebtoken.sign(
    {
      iss: API_KEY,
      ist: "project",
      iat,
      exp: iat + 3600,
      nonce: id,
      jti: id,
      role: "moderator",
      scope: "session.connect",
      session_id: SESSION_ID,
      connection_data: DATA,
    },
    key,
    { algorithm: "HS256" },
  );
}

const rate = () => signingRate(sign, ROUND_MS);

for (let round = 0; round < WARM_UP_ROUNDS; round++) rate();
process.stdout.write("ready\n");
for await (const _ of createInterface(process.stdin)) process.stdout.write(`${rate()}\n`);
