import "server-only";
import { jwtVerify, SignJWT } from "jose";
import { cookies } from "next/headers";
import { secretOf } from "./secret";
import { findUser, type User } from "./users";

const COOKIE = "session";
/** Eight hours, in seconds. */
const LIFETIME = 8 * 3600;

/** Signs a user in. Only Server Actions and Route Handlers may set a cookie. */
export async function startSession({ id }: User): Promise<void> {
  const session = await new SignJWT()
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(id)
    .setExpirationTime(`${LIFETIME}s`)
    .sign(secretOf("SESSION_SECRET"));
  (await cookies()).set(COOKIE, session, {
    httpOnly: true,
    sameSite: "lax",
    secure: process.env.NODE_ENV === "production",
    maxAge: LIFETIME,
  });
}

export async function endSession(): Promise<void> {
  (await cookies()).delete(COOKIE);
}

/** The user who is signed in, from the cookie alone: never from a parameter, which anybody can set. */
export async function currentUser(): Promise<User | undefined> {
  const session = (await cookies()).get(COOKIE)?.value;
  if (session === undefined) return undefined;
  try {
    const { payload } = await jwtVerify(session, secretOf("SESSION_SECRET"), { algorithms: ["HS256"] });
    return findUser(payload.sub);
  } catch {
    return undefined;
  }
}
