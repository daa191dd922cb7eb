import { useState } from "react";
import { useLocation } from "wouter";
import { useMe } from "../api/me.ts";
import type { Rights } from "../api/rights.ts";
import { IssuanceChart } from "../components/issuance-chart.tsx";
import { Modal } from "../components/modal.tsx";
import { PageHeading } from "../components/page-heading.tsx";
import { SessionFinder } from "../components/session-finder.tsx";
import { SessionForm } from "../components/session-form.tsx";
import { SessionList } from "../components/session-list.tsx";
import { sessionPath } from "../paths.ts";

/** The page that lists, finds and creates sessions. */
export function SessionsPage() {
  const { rights, keepTokens } = useMe();
  const [, navigate] = useLocation();
  const [creates, setCreates] = useState(false);
  return (
    <>
      <div className="row">
        <PageHeading>Sessions</PageHeading>
        {rights.createSession && (
          <button type="button" className="main" onClick={() => setCreates(true)}>
            New session
          </button>
        )}
      </div>
      {!offersAnything(rights) && <p className="notice">Your credential grants no access to this page.</p>}
      {(rights.readSessions || rights.createTokens) && (
        <section className="card" aria-label="All sessions">
          <search>
            <SessionFinder onOpen={(sessionId) => navigate(sessionPath(sessionId))} />
          </search>
          {rights.readSessions && <SessionList />}
        </section>
      )}
      {rights.readLedger && <IssuanceChart />}
      {creates && (
        <Modal title="New session" onClose={() => setCreates(false)}>
          <SessionForm
            onDone={({ sessionId, generateToken }, isThere, refusal) => {
              if (generateToken) keepTokens([generateToken]);
              // Do not navigate if the user has closed the form or left this page meanwhile.
              if (isThere) navigate(sessionPath(sessionId), { state: refusal });
            }}
          />
        </Modal>
      )}
    </>
  );
}

function offersAnything({ createSession, readSessions, createTokens, readLedger }: Rights): boolean {
  return createSession || readSessions || createTokens || readLedger;
}
