/** Signing in process, against the official package. */
import { randomUUID } from "node:crypto";
import OpenTok from "opentok";
import { grantFor } from "../dist/domain/grant.js";
import { openTokKeyRing } from "../dist/signing/key-ring.js";
import { SigningService } from "../dist/signing/signing-service.js";
import { API_KEY, API_SECRET, DATA, SESSION_ID } from "./project.js";
import { signingRate } from "./signing-rate.js";
import { median, spread } from "./statistics.js";

const ROUNDS = 15;
const ROUND_MS = 100;

const signing = new SigningService(openTokKeyRing(API_KEY, API_SECRET));
const opentok = new OpenTok(API_KEY, API_SECRET);
const expireTime = Math.floor(Date.now() / 1000) + 3600;

const ours = (format) => () =>
  signing.sign(
    grantFor(SESSION_ID, { role: "moderator", data: DATA, expireTime }, new Date()),
    randomUUID(),
    format,
  );
const theirs = (t1) => () =>
  opentok.generateToken(SESSION_ID, { role: "moderator", data: DATA, expireTime }, t1);

const rate = (sign) => signingRate(sign, ROUND_MS);

/** Both contenders in short alternating rounds, because the machine's speed drifts. */
export function benchSigning() {
  return [
    ["JWT", ours("jwt"), theirs(false)],
    ["T1", ours("t1"), theirs(true)],
  ].map(([format, sign, other]) => {
    rate(sign);
    rate(other);
    const rates = { ours: [], theirs: [] };
    for (let round = 0; round < ROUNDS; round++) {
      rates.ours.push(rate(sign));
      rates.theirs.push(rate(other));
    }
    const ratios = rates.ours.map((value, round) => value / rates.theirs[round]);
    return {
      measure: `signing ${format} in process, against opentok's generateToken`,
      ours: `${Math.round(median(rates.ours))}/s`,
      peer: `${Math.round(median(rates.theirs))}/s`,
      ratio: median(ratios),
      spread: spread(ratios),
    };
  });
}
