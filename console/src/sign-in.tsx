import { type FormEvent, useLayoutEffect, useRef, useState } from "react";
import type { Connection } from "./api/connection.ts";
import { type Problem, problemOf } from "./api/problem.ts";
import { Field } from "./components/field.tsx";
import { ProblemNotice } from "./components/problem-notice.tsx";
import { SubmitButton } from "./components/submit-button.tsx";

/** Asks for a credential. */
export function SignInForm({ connection }: { connection: Connection }) {
  const [credential, setCredential] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [loading, setLoading] = useState(false);

  // As it is often pasted.
  const bare = credential.trim().replace(/^Bearer\s+/i, "");
  const isPossible = /^[!-~]*$/.test(bare);

  async function submit(event?: FormEvent) {
    event?.preventDefault();
    if (loading || bare === "" || !isPossible) return;
    setLoading(true);
    setProblem(null);
    try {
      await connection.signIn(bare);
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
        hint="It is kept in this page's memory, and nowhere else."
        error={isPossible ? refused : "It has characters that no credential has."}
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
      {problem && refused === null && <ProblemNotice problem={problem} onRetry={submit} />}
      <SubmitButton busy={loading} disabled={bare === ""}>
        Sign in
      </SubmitButton>
    </form>
  );
}

/** Asks for a credential again, in front of what one was doing, which stays as it is. */
export function SignInAgain({ connection, refusal }: { connection: Connection; refusal: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // While it is still on the page, so that the focus goes back to where it was.
    return () => element?.close();
  }, []);
  return (
    // Browsers let nobody be held by a dialog, and close it when Escape is pressed again and again.
    <dialog
      ref={dialog}
      aria-labelledby="again"
      onCancel={(event) => event.preventDefault()}
      onClose={() => dialog.current?.showModal()}
    >
      <h2 id="again">Sign in again</h2>
      <p>{refusal}. Sign in as before, and what you have entered stays.</p>
      <SignInForm connection={connection} />
      <button type="button" className="quiet" onClick={() => void connection.signOut()}>
        Sign out, and lose it
      </button>
    </dialog>
  );
}
