/**
 * The caller's JWT, or undefined for none. A development server needs none. In production, fetch it from your back end, and
 * throw `NotLoggedIn` of @stagepass/client if the user has not signed in.
 */
export async function accessToken(): Promise<string | undefined> {
  return undefined;
}
