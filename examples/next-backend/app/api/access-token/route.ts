import { accessTokenOf } from "@/server/access-token";
import { currentUser } from "@/server/session";

/** The page's credential for Stagepass. It reads nothing from the request but the cookie. */
export async function POST(): Promise<Response> {
  const headers = { "cache-control": "no-store" };
  const user = await currentUser();
  if (!user) return Response.json({ error: "Sign in" }, { status: 401, headers });
  return Response.json({ accessToken: await accessTokenOf(user) }, { headers });
}
