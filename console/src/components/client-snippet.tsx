import type { TokenFieldsFragment, VideoPlatform } from "../generated/documents.ts";
import { CopyButton } from "./copy-button.tsx";

/** Code that joins the call with the client SDK: the real values, and the actions that the token's role allows. */
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
          Example only: the client SDK cannot connect with tokens of the local platform, but{" "}
          <code>stagepass join</code> can. Real calls need an OpenTok or Vonage account on the server.
        </p>
      )}
      <pre>
        <code>{snippet}</code>
      </pre>
      <CopyButton text={snippet} label="Copy snippet" />
    </details>
  );
}
