import { useState } from "react";
import { Link } from "wouter";
import { INSPECTED, useMe } from "../api/me.ts";
import type { TokenFieldsFragment } from "../generated/documents.ts";
import { formatInstant, formatRemaining, useSecondsLeft } from "../time.ts";
import { tokensAsCsv } from "../token-csv.ts";
import { ClientSnippet } from "./client-snippet.tsx";
import { CopyButton } from "./copy-button.tsx";
import { RoleBadge } from "./role-badge.tsx";

/** The number of tokens to show at first. */
const SHOWN = 10;

/** The tokens generated for a session since sign-in. */
export function TokenList({ tokens }: { tokens: readonly TokenFieldsFragment[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? tokens : tokens.slice(0, SHOWN);
  return (
    <>
      <div className="row">
        <p className="hint">
          The server keeps no copy, and this page loses them when you reload it or sign out. Treat them as
          secrets.
        </p>
        {tokens.length > 1 && (
          <div className="buttons">
            <CopyButton text={tokensAsCsv(tokens)} label={`Copy all ${tokens.length} as CSV`} />
            <button type="button" className="quiet" onClick={() => download(tokensAsCsv(tokens))}>
              Download CSV
            </button>
          </div>
        )}
      </div>
      <ul className="cards">
        {shown.map((token) => (
          <li key={token.token}>
            <TokenCard token={token} />
          </li>
        ))}
      </ul>
      {tokens.length > shown.length && (
        <button type="button" onClick={() => setAll(true)}>
          Show all {tokens.length}
        </button>
      )}
    </>
  );
}

/** Saves the table as a file, without sending it anywhere. */
function download(csv: string): void {
  const url = URL.createObjectURL(new Blob([csv], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "tokens.csv";
  link.click();
  URL.revokeObjectURL(url);
}

function TokenCard({ token }: { token: TokenFieldsFragment }) {
  const { rights, project, drafts } = useMe();
  return (
    <article>
      <div className="row">
        <RoleBadge role={token.role} />
        {token.data !== null && <span className="data">{token.data}</span>}
        {token.identity !== null && <span className="data hint">for {token.identity}</span>}
        <Countdown expiresAt={token.expiresAt} />
      </div>
      <code className="token">{token.token}</code>
      <div className="row">
        <CopyButton text={token.token} label="Copy token" />
        {rights.inspectTokens && (
          <Link href="/inspect" onClick={() => drafts.set(INSPECTED, token.token)}>
            Inspect this token
          </Link>
        )}
      </div>
      <ClientSnippet token={token} platform={project.platform} />
    </article>
  );
}

function Countdown({ expiresAt }: { expiresAt: string }) {
  const left = useSecondsLeft(expiresAt);
  return (
    <time dateTime={expiresAt} title={formatInstant(expiresAt)} className={left > 0 ? "left" : "left over"}>
      {left > 0 ? `expires in ${formatRemaining(left)}` : "expired"}
    </time>
  );
}
