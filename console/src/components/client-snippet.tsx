import type { TokenFieldsFragment, VideoPlatform } from "../generated/documents.ts";
import { CopyButton } from "./copy-button.tsx";

/** What joins the call with the client SDK: what a client with the token's role can do, with the real values. */
export function snippetFor({ applicationId, sessionId, token, role }: TokenFieldsFragment): string {
  const subscribes = role !== "PUBLISHER_ONLY";
  const publishes = role !== "SUBSCRIBER";
  return [
    `const session = OT.initSession(${JSON.stringify(applicationId)}, ${JSON.stringify(sessionId)});`,
    ...(subscribes
      ? [
          'session.on("streamCreated", ({ stream }) => {',
          '  session.subscribe(stream, "subscribers", { insertMode: "append" });',
          "});",
        ]
      : []),
    `session.connect(${JSON.stringify(token)}, (error) => {`,
    "  if (error) return console.error(error.message);",
    ...(publishes ? ['  session.publish(OT.initPublisher("publisher"));'] : []),
    "});",
  ].join("\n");
}

export function ClientSnippet({ token, platform }: { token: TokenFieldsFragment; platform: VideoPlatform }) {
  const snippet = snippetFor(token);
  return (
    <details>
      <summary>Join with the client SDK</summary>
      {platform === "LOCAL" && (
        <p className="hint">
          This is what it looks like. The local platform's tokens have the right format, but no client can
          connect with them: for that, the server needs an account.
        </p>
      )}
      <pre>
        <code>{snippet}</code>
      </pre>
      <CopyButton text={snippet} label="Copy the snippet" />
    </details>
  );
}
