import type { KeyObject } from "node:crypto";
import type { JwtPayload } from "jsonwebtoken";
import { isStorable } from "../domain/text.ts";
import { quote } from "../errors.ts";
import type { ClaimNames } from "./claims.ts";
import { differenceOf } from "./difference.ts";

/** How callers' JWTs are verified, and read. */
export interface JwtRules {
  /** The shared secret of HS256; null when none is configured. */
  readonly secret: KeyObject | null;
  /** A secret that verifies as well; null when there is none. */
  readonly previousSecret: KeyObject | null;
  /** Where the keys of an identity provider are; null when none is configured. */
  readonly jwksUri: string | null;
  /** What `iss` must be one of; empty accepts any. */
  readonly issuers: readonly string[];
  /** What `aud` must be one of, or have one of; empty accepts any. */
  readonly audiences: readonly string[];
  /** What `client_id`, or else `azp`, must be one of; empty accepts any. */
  readonly clientIds: readonly string[];
  /** Where the scopes and the grant are. */
  readonly claims: ClaimNames;
}

/** By how much the clock of who issued a JWT may be off, in seconds. */
export const LEEWAY = 60;

/** The longest `sub`, as OpenID Connect Core 1.0, 2 has it. It goes on the ledger. */
const MAX_SUBJECT_LENGTH = 255;

/** Why a JWT is refused. */
export interface Misfit {
  /** For its caller. */
  readonly reason: string;
  /** For the operator: how it differs from the configuration. */
  readonly forOperator?: string;
}

/** What must hold of a claim. */
export interface ClaimCheck {
  /** The name of the claim. */
  readonly what: string;
  /** Why it does not hold; null when it does. `now` is in seconds since the Unix epoch. */
  misfit(claims: JwtPayload, rules: JwtRules, now: number): Misfit | null;
  /** What the claim is, where it holds. */
  says(claims: JwtPayload, rules: JwtRules): string;
}

const isTime = (value: unknown): value is number => Number.isFinite(value);
const because = (reason: string): Misfit => ({ reason });

/** The client that a token was issued to: RFC 9068 and Cognito have `client_id`, OpenID Connect has `azp`. */
const clientOf = ({ client_id, azp }: JwtPayload): unknown => client_id ?? azp;
const listOf = (aud: unknown): unknown[] => (Array.isArray(aud) ? aud : [aud]);

/** What must hold of the claims of a genuine JWT, in this order. */
export const CLAIM_CHECKS: readonly ClaimCheck[] = [
  {
    what: "nbf",
    misfit({ nbf }, _, now) {
      if (nbf === undefined) return null;
      if (!isTime(nbf)) return because("its nbf is not a number");
      return nbf > now + LEEWAY ? because("jwt not active") : null;
    },
    says: ({ nbf }) => (nbf === undefined ? "is absent, so it is valid at once" : `is ${instant(nbf)}`),
  },
  {
    what: "exp",
    misfit({ exp }, _, now) {
      if (exp === undefined) return because("it has no exp");
      if (!isTime(exp)) return because("its exp is not a number");
      return now >= exp + LEEWAY ? because("jwt expired") : null;
    },
    says: ({ exp }) => `is ${instant(exp)}`,
  },
  {
    what: "iat",
    misfit: ({ iat }) => (iat === undefined || isTime(iat) ? null : because("its iat is not a number")),
    says: ({ iat }) => (iat === undefined ? "is absent" : `is ${instant(iat)}`),
  },
  {
    what: "aud",
    misfit({ aud }, { audiences }) {
      if (audiences.length === 0 || listOf(aud).some((each) => isOneOf(each, audiences))) return null;
      return {
        reason: "jwt audience invalid",
        forOperator: differenceOf("aud", aud, "AUTH_JWT_AUDIENCE", audiences),
      };
    },
    says: (_, { audiences }) => accepted("AUTH_JWT_AUDIENCE", audiences),
  },
  {
    what: "iss",
    misfit({ iss }, { issuers }) {
      if (issuers.length > 0 && !isOneOf(iss, issuers)) {
        return {
          reason: "jwt issuer invalid",
          forOperator: differenceOf("iss", iss, "AUTH_JWT_ISSUER", issuers),
        };
      }
      return textOrAbsent("iss", iss);
    },
    says: (_, { issuers }) => accepted("AUTH_JWT_ISSUER", issuers),
  },
  {
    what: "client_id",
    misfit(claims, { clientIds }) {
      const client = clientOf(claims);
      if (clientIds.length === 0 || isOneOf(client, clientIds)) return null;
      const name = claims.client_id === undefined && claims.azp !== undefined ? "azp" : "client_id";
      return {
        reason: "jwt client invalid",
        forOperator: differenceOf(name, client, "AUTH_JWT_CLIENT_ID", clientIds),
      };
    },
    says: (_, { clientIds }) => accepted("AUTH_JWT_CLIENT_ID", clientIds),
  },
  {
    what: "sub",
    misfit({ sub }) {
      const isTooLong = typeof sub === "string" && (sub.length > MAX_SUBJECT_LENGTH || !isStorable(sub));
      if (isTooLong) return because(`its sub is no text of at most ${MAX_SUBJECT_LENGTH} characters`);
      return textOrAbsent("sub", sub);
    },
    says: ({ sub = "" }) =>
      sub === "" ? "is absent: all such tokens of an issuer are one caller" : `is ${quote(sub, 60)}`,
  },
  {
    what: "jti",
    misfit: ({ jti }) => textOrAbsent("jti", jti),
    says: ({ jti }) => (jti === undefined ? "is absent" : "is text"),
  },
];

function textOrAbsent(name: string, value: unknown): Misfit | null {
  return value === undefined || typeof value === "string" ? null : because(`its ${name} is not a string`);
}

function isOneOf(value: unknown, accepted: readonly string[]): boolean {
  return typeof value === "string" && accepted.includes(value);
}

function accepted(variable: string, values: readonly string[]): string {
  return values.length === 0 ? `may be any: ${variable} is not set` : `is one of ${variable}`;
}

function instant(seconds: unknown): string {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? "out of range" : date.toISOString();
}
