/** Signs for the Vonage environment, and makes bare signatures of the same bytes. Prints the rates of its rounds. */
import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { grantFor } from "../dist/domain/grant.js";
import { vonageKeyRing } from "../dist/signing/key-ring.js";
import { SigningService } from "../dist/signing/signing-service.js";
import { APPLICATION_ID, DATA, VONAGE_SESSION_ID } from "./project.js";

const ROUNDS = 15;
const ROUND_MS = 250;
const IN_FLIGHT = 64;

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const signing = new SigningService(vonageKeyRing(APPLICATION_ID, privateKey));
const expireTime = Math.floor(Date.now() / 1000) + 3600;
const token = () =>
  signing.sign(
    grantFor(VONAGE_SESSION_ID, { role: "moderator", data: DATA, expireTime }, new Date()),
    randomUUID(),
    "jwt",
  );
const signed = (await token()).split(".").slice(0, 2).join(".");
const bytes = Buffer.from(signed);

const ours = (done) => token().then(() => done(null), done);
const bare = (done) => sign("RSA-SHA256", bytes, privateKey, done);

/** Signatures per second during one round. */
function rate(make) {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    let count = 0;
    let inFlight = 0;
    const next = () => {
      inFlight += 1;
      make(done);
    };
    const done = (error) => {
      if (error) return reject(error);
      count += 1;
      inFlight -= 1;
      const elapsed = performance.now() - start;
      if (elapsed < ROUND_MS) next();
      else if (inFlight === 0) resolve((count / elapsed) * 1000);
    };
    for (let i = 0; i < IN_FLIGHT; i++) next();
  });
}

await rate(ours);
await rate(bare);
const rates = { ours: [], bare: [] };
for (let round = 0; round < ROUNDS; round++) {
  rates.ours.push(await rate(ours));
  rates.bare.push(await rate(bare));
}
process.stdout.write(`${JSON.stringify(rates)}\n`);
