import { type FormEvent, useState } from "react";
import type { Connection } from "./api/connection.ts";
import { type Problem, problemOf } from "./api/problem.ts";
import { Field } from "./components/field.tsx";
import { Modal } from "./components/modal.tsx";
import { ProblemNotice } from "./components/problem-notice.tsx";
import { SubmitButton } from "./components/submit-button.tsx";

/** A form for a credential. */
export function SignInForm({ connection }: { connection: Connection }) {
  const [credential, setCredential] = useState("");
  const [keep, setKeep] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [loading, setLoading] = useState(false);

  // Users often paste the whole header value.
  const bare = credential.trim().replace(/^Bearer\s+/i, "");
  const isPossible = /^[!-~]*$/.test(bare);

  async function submit(event?: FormEvent) {
    event?.preventDefault();
    if (loading || bare === "" || !isPossible) return;
    setLoading(true);
    setProblem(null);
    try {
      await connection.signIn(bare, keep);
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setLoading(false);
    }
  }

  const refused = problem?.code === "UNAUTHENTICATED" ? problem.message : null;
  return (
    <form onSubmit={submit} noValidate>
      <Field
        name="credential"
        label="Bearer token or API key"
        error={isPossible ? refused : "This contains characters that a credential cannot have."}
      >
        {(control) => (
          <input
            {...control}
            type="password"
            autoComplete="off"
            value={credential}
            onChange={({ target }) => {
              setProblem(null);
              setCredential(target.value);
            }}
          />
        )}
      </Field>
      <div>
        <label className="check">
          <input type="checkbox" checked={keep} onChange={({ target }) => setKeep(target.checked)} />
          Stay signed in in this tab
        </label>
        <p className="hint">
          {keep
            ? "The tab keeps the credential until you sign out or close it."
            : "Only the page's memory has the credential. A reload signs you out."}
        </p>
      </div>
      {problem && refused === null && <ProblemNotice problem={problem} onRetry={submit} />}
      <SubmitButton busy={loading} disabled={bare === ""}>
        Sign in
      </SubmitButton>
    </form>
  );
}

/** A dialog that asks for a credential again and keeps the page behind it. */
export function SignInAgain({ connection, refusal }: { connection: Connection; refusal: string }) {
  return (
    <Modal title="Sign in again">
      <p>{refusal} If you sign in as the same user, your entries are kept.</p>
      <SignInForm connection={connection} />
      <button type="button" className="quiet" onClick={() => void connection.signOut()}>
        Sign out and discard entries
      </button>
    </Modal>
  );
}
