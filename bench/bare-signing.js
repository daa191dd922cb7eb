/** The lower bound for a token: signs its claims in a loop. Answers each message with a rate. */
import { createSecretKey, randomUUID } from "node:crypto";
import jsonwebtoken from "jsonwebtoken";
import { API_KEY, API_SECRET, DATA, SESSION_ID } from "./project.js";
import { rateOf } from "./statistics.js";

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

for (let round = 0; round < WARM_UP_ROUNDS; round++) rateOf(sign, ROUND_MS);
process.on("message", () => process.send(rateOf(sign, ROUND_MS)));
console.log("ready");
