/** Compares signing in process with the official package. */
import { randomUUID } from "node:crypto";
import OpenTok from "opentok";
import { grantFor } from "../dist/domain/grant.js";
import { openTokKeyRing } from "../dist/signing/key-ring.js";
import { SigningService } from "../dist/signing/signing-service.js";
import { API_KEY, API_SECRET, DATA, SESSION_ID } from "./project.js";
import { perSecond, rateOf, rowOf } from "./statistics.js";

const ROUNDS = 15;
const ROUND_MS = 100;

const signing = new SigningService(openTokKeyRing(API_KEY, API_SECRET));
const opentok = new OpenTok(API_KEY, API_SECRET);
const input = { role: "moderator", data: DATA, expireTime: Math.floor(Date.now() / 1000) + 3600 };

const ours = (format) => () => signing.sign(grantFor(SESSION_ID, input, new Date()), randomUUID(), format);
const theirs = (t1) => () => opentok.generateToken(SESSION_ID, input, t1);

/** Short rounds alternate between both, because the machine's speed drifts. */
export function bench() {
  return [
    ["JWT", ours("jwt"), theirs(false)],
    ["T1", ours("t1"), theirs(true)],
  ].map(([format, ...contenders]) => {
    const rates = contenders.map(() => []);
    for (let round = 0; round <= ROUNDS; round++)
      for (const [i, sign] of contenders.entries()) rates[i].push(rateOf(sign, ROUND_MS));
    // The first round warms up.
    const [own, peer] = rates.map((all) => all.slice(1));
    return rowOf(`signing ${format} in process vs. opentok's generateToken`, own, peer, perSecond);
  });
}
