import type { KeyObject } from "node:crypto";
import type { JwtPayload } from "jsonwebtoken";
import { isStorable } from "../domain/text.ts";
import { quote } from "../errors.ts";
import type { ClaimNames } from "./claims.ts";
import { differenceOf } from "./difference.ts";

/** The rules for callers' JWTs. */
export interface JwtRules {
  /** The shared secret of HS256; null if not configured. */
  readonly secret: KeyObject | null;
  /** A previous secret, which still verifies; null if not configured. */
  readonly previousSecret: KeyObject | null;
  /** The URL of an identity provider's keys; null if not configured. */
  readonly jwksUri: string | null;
  /** The accepted values of `iss`; empty accepts any. */
  readonly issuers: readonly string[];
  /** The accepted values of `aud`, or of one of its entries; empty accepts any. */
  readonly audiences: readonly string[];
  /** The accepted values of `client_id`, or of `azp` if there is no `client_id`; empty accepts any. */
  readonly clientIds: readonly string[];
  /** The claims that have the scopes and the grant. */
  readonly claims: ClaimNames;
}

/** The most that the issuer's clock may differ, in seconds. */
export const LEEWAY = 60;

/** The longest `sub`, in characters, which the ledger records. Source: OpenID Connect Core 1.0, section 2. */
const MAX_SUBJECT_LENGTH = 255;

/** Why a JWT is refused. */
export interface Misfit {
  /** The reason for the caller. */
  readonly reason: string;
  /** The difference from the configuration, for the operator. */
  readonly forOperator?: string;
}

/** A rule for one claim. */
export interface ClaimCheck {
  /** The name of the claim. */
  readonly what: string;
  /** Why the claim breaks the rule; null if it does not. `now` is in seconds since the Unix epoch. */
  misfit(claims: JwtPayload, rules: JwtRules, now: number): Misfit | null;
  /** A description of a claim that keeps the rule. */
  says(claims: JwtPayload, rules: JwtRules): string;
}

const isTime = (value: unknown): value is number => Number.isFinite(value);
const because = (reason: string): Misfit => ({ reason });

/** The client of a token: `client_id` in RFC 9068 and Cognito, `azp` in OpenID Connect. */
const clientOf = ({ client_id, azp }: JwtPayload): unknown => client_id ?? azp;
const listOf = (aud: unknown): unknown[] => (Array.isArray(aud) ? aud : [aud]);

/** Why an expired JWT is refused. */
export const EXPIRED: Misfit = because("jwt expired");

/** The rules for the claims of a JWT with a valid signature, in the order of the checks. */
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
      return now >= exp + LEEWAY ? EXPIRED : null;
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
      if (isTooLong)
        return because(`its sub must be Unicode without U+0000, at most ${MAX_SUBJECT_LENGTH} characters`);
      return textOrAbsent("sub", sub);
    },
    says: ({ sub = "" }) =>
      sub === "" ? "is absent: all JWTs of this issuer without sub are one caller" : `is ${quote(sub, 60)}`,
  },
  {
    what: "jti",
    misfit: ({ jti }) => textOrAbsent("jti", jti),
    says: ({ jti }) => (jti === undefined ? "is absent" : "is a string"),
  },
];

function textOrAbsent(name: string, value: unknown): Misfit | null {
  return value === undefined || typeof value === "string" ? null : because(`its ${name} is not a string`);
}

function isOneOf(value: unknown, accepted: readonly string[]): boolean {
  return typeof value === "string" && accepted.includes(value);
}

function accepted(variable: string, values: readonly string[]): string {
  return values.length === 0 ? `any is accepted: ${variable} is not set` : `is one of ${variable}`;
}

function instant(seconds: unknown): string {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? "out of range" : date.toISOString();
}
