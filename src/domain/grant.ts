import { BadUserInput } from "../errors.ts";
import { Role } from "./role.ts";
import { checkText } from "./text.ts";

/** The longest connection data, in UTF-16 code units. The official SDKs disagree: 999, 1000 or 1024, or bytes. */
export const MAX_DATA_LENGTH = 1000;
/** The longest list of layout classes, joined by spaces, in UTF-16 code units. */
export const MAX_LAYOUT_CLASSES_LENGTH = 1000;
/** The default role of a token. */
export const DEFAULT_ROLE = Role.PUBLISHER;
/** The default lifetime of a token, in seconds: 24 hours. */
export const DEFAULT_LIFETIME = 24 * 60 * 60;
/** The longest lifetime of a token on the platform, in seconds: 30 days. */
export const MAX_LIFETIME = 30 * 24 * 60 * 60;

/** The grant of a token, with defaults applied and limits checked. */
export interface Grant {
  readonly sessionId: string;
  readonly role: Role;
  /** Connection data, which every client in the session can read. */
  readonly data: string | null;
  readonly initialLayoutClassList: readonly string[];
  /** In whole seconds since the Unix epoch. */
  readonly createTime: number;
  /** In whole seconds since the Unix epoch. */
  readonly expireTime: number;
}

/** A requested grant. A field that is absent or null gets its default. */
export interface GrantInput {
  readonly role?: Role | null;
  readonly data?: string | null;
  /** In whole seconds since the Unix epoch. */
  readonly expireTime?: number | null;
  /** In whole seconds from now; instead of `expireTime`. */
  readonly expiresIn?: number | null;
  readonly initialLayoutClassList?: readonly string[] | null;
}

/** The requested role, or the default. */
export function roleOf({ role }: GrantInput): Role {
  return role ?? DEFAULT_ROLE;
}

/**
 * The grant for a session, as of `now`.
 *
 * @param maxLifetime the longest default lifetime, in seconds; null for no limit. It does not limit a requested end.
 * @throws {BadUserInput} naming the argument that breaks a rule
 */
export function grantFor(
  sessionId: string,
  input: GrantInput,
  now: Date,
  maxLifetime: number | null = null,
): Grant {
  const createTime = Math.floor(now.getTime() / 1000);
  return {
    sessionId,
    role: roleOf(input),
    data: input.data == null ? null : checkText("data", input.data, MAX_DATA_LENGTH),
    initialLayoutClassList: checkLayoutClasses(input.initialLayoutClassList ?? []),
    createTime,
    expireTime: expireTimeOf(input, createTime, maxLifetime),
  };
}

function expireTimeOf(
  { expireTime = null, expiresIn = null }: GrantInput,
  createTime: number,
  maxLifetime: number | null,
): number {
  if (expiresIn === null) {
    const lifetime = Math.min(DEFAULT_LIFETIME, maxLifetime ?? DEFAULT_LIFETIME);
    return checkExpireTime(expireTime ?? createTime + lifetime, createTime);
  }
  if (expireTime !== null) {
    throw new BadUserInput("expiresIn", "expiresIn and expireTime exclude each other; give only one");
  }
  if (Number.isSafeInteger(expiresIn) && expiresIn >= 1 && expiresIn <= MAX_LIFETIME)
    return createTime + expiresIn;
  const isTime = Math.abs(expiresIn - createTime) <= MAX_LIFETIME;
  const remedy = isTime ? "; for a time use expireTime" : "";
  throw new BadUserInput(
    "expiresIn",
    `expiresIn must be from 1 to ${MAX_LIFETIME} whole seconds, which is 30 days${remedy}; ${expiresIn} was given`,
  );
}

function checkExpireTime(expireTime: number, createTime: number): number {
  const rule = (text: string) =>
    new BadUserInput("expireTime", `expireTime ${text}; ${expireTime} was given`);
  if (!Number.isSafeInteger(expireTime)) throw rule("must be in whole seconds since the Unix epoch");
  if (expireTime <= createTime) {
    const isLifetime = expireTime > 0 && expireTime <= MAX_LIFETIME;
    throw rule(
      `must be later than now, which is ${createTime}${isLifetime ? "; for a lifetime use expiresIn" : ""}`,
    );
  }
  if (expireTime > createTime + MAX_LIFETIME) {
    throw rule(
      `must be at most 30 days from now, which is ${createTime + MAX_LIFETIME}, in seconds since the Unix epoch`,
    );
  }
  return expireTime;
}

/** Each class name must be one word, because the token joins them with spaces. */
function checkLayoutClasses(names: readonly string[]): readonly string[] {
  for (const name of names) {
    if (name === "" || /\s/.test(name)) {
      throw new BadUserInput(
        "initialLayoutClassList",
        "initialLayoutClassList must have one class name in each item, not empty and without white space",
      );
    }
  }
  checkText("initialLayoutClassList", names.join(" "), MAX_LAYOUT_CLASSES_LENGTH);
  return names;
}
