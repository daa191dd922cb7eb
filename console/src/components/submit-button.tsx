import type { ReactNode } from "react";

interface Props {
  /** Whether a submission waits for its answer. */
  readonly busy: boolean;
  /** Whether the form is empty. */
  readonly disabled?: boolean;
  readonly children: ReactNode;
}

/** Submits a form, once at a time. It keeps the focus while it waits, which a disabled button would lose. */
export function SubmitButton({ busy, disabled, children }: Props) {
  return (
    <button
      type="submit"
      className="main"
      disabled={disabled}
      aria-disabled={busy}
      onClick={(event) => busy && event.preventDefault()}
    >
      {busy ? "One moment…" : children}
    </button>
  );
}
