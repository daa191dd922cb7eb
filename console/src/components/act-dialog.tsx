import type { ReactNode } from "react";
import { Modal } from "./modal.tsx";
import { ProblemNotice } from "./problem-notice.tsx";
import { type Request, RequestSnippets } from "./request-snippets.tsx";
import { SubmitButton } from "./submit-button.tsx";
import { type Submission, useSubmission } from "./use-submission.ts";

interface Props {
  readonly title: string;
  /** The text of the button. */
  readonly action: string;
  /** Entries that are missing, by argument. */
  readonly missing?: Readonly<Record<string, string | undefined>>;
  /** Performs the act. The dialog shows its error, and stays open. */
  readonly run: () => Promise<void>;
  /** The request of the act, to be shown as code. */
  readonly request?: Request;
  readonly onClose: () => void;
  readonly children: (submission: Submission) => ReactNode;
}

/** A dialog that explains an act, takes its options, and performs it. */
export function ActDialog({ title, action, missing, run, request, onClose, children }: Props) {
  const submission = useSubmission({}, run, missing);
  const { form, busy, notice, submit } = submission;
  return (
    <Modal title={title} onClose={onClose}>
      <form ref={form} onSubmit={submit} noValidate aria-label={title}>
        {children(submission)}
        {notice && <ProblemNotice problem={notice} onRetry={submit} />}
        <SubmitButton busy={busy}>{action}</SubmitButton>
      </form>
      {request && <RequestSnippets {...request} />}
    </Modal>
  );
}
