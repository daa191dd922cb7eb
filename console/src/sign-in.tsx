import { type FormEvent, useLayoutEffect, useRef, useState } from "react";
import type { Connection } from "./api/connection.ts";
import { type Problem, problemOf } from "./api/problem.ts";
import { Field } from "./components/field.tsx";
import { ProblemNotice } from "./components/problem-notice.tsx";
import { SubmitButton } from "./components/submit-button.tsx";

/** A form for a credential. */
export function SignInForm({ connection }: { connection: Connection }) {
  const [credential, setCredential] = useState("");
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
        hint="Kept only in this page's memory."
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
      {problem && refused === null && <ProblemNotice problem={problem} onRetry={submit} />}
      <SubmitButton busy={loading} disabled={bare === ""}>
        Sign in
      </SubmitButton>
    </form>
  );
}

/** A dialog that asks for a credential again and keeps the page behind it. */
export function SignInAgain({ connection, refusal }: { connection: Connection; refusal: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // Close it before it leaves the page, so that the focus returns to the previous element.
    return () => element?.close();
  }, []);
  return (
    // Browsers close a dialog if the user presses Escape repeatedly, so `onClose` opens it again.
    <dialog
      ref={dialog}
      aria-labelledby="again"
      onCancel={(event) => event.preventDefault()}
      onClose={() => dialog.current?.showModal()}
    >
      <h2 id="again">Sign in again</h2>
      <p>{refusal} If you sign in as the same user, your entries are kept.</p>
      <SignInForm connection={connection} />
      <button type="button" className="quiet" onClick={() => void connection.signOut()}>
        Sign out and discard entries
      </button>
    </dialog>
  );
}
