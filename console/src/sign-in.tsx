import { type FormEvent, useEffect, useRef, useState } from "react";
import type { Connection } from "./api/connection.ts";
import { type Problem, problemOf } from "./api/problem.ts";
import { Field } from "./components/field.tsx";
import { ProblemNotice } from "./components/problem-notice.tsx";

/** Asks for a credential. */
export function SignInForm({ connection }: { connection: Connection }) {
  const [credential, setCredential] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [loading, setLoading] = useState(false);

  async function submit(event?: FormEvent) {
    event?.preventDefault();
    if (credential.trim() === "") return;
    setLoading(true);
    setProblem(null);
    try {
      await connection.signIn(credential.trim());
    } catch (error) {
      setProblem(problemOf(error));
      setLoading(false);
    }
  }

  const refused = problem?.code === "UNAUTHENTICATED";
  return (
    <form onSubmit={submit} noValidate>
      <Field
        name="credential"
        label="Bearer token or API key"
        hint="It is kept in this page's memory, and nowhere else."
        error={refused ? problem.message : null}
      >
        {(control) => (
          <input
            {...control}
            type="password"
            autoComplete="off"
            value={credential}
            onChange={({ target }) => setCredential(target.value)}
          />
        )}
      </Field>
      {problem && !refused && <ProblemNotice problem={problem} onRetry={submit} />}
      <button type="submit" className="main" disabled={loading || credential.trim() === ""}>
        {loading ? "One moment…" : "Sign in"}
      </button>
    </form>
  );
}

/** Asks for a credential again, in front of what one was doing, which stays as it is. */
export function SignInAgain({ connection, refusal }: { connection: Connection; refusal: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="again" onCancel={(event) => event.preventDefault()}>
      <h2 id="again">Sign in again</h2>
      <p>{refusal}. What you have entered stays.</p>
      <SignInForm connection={connection} />
      <button type="button" className="quiet" onClick={() => void connection.signOut()}>
        Sign out, and lose it
      </button>
    </dialog>
  );
}
