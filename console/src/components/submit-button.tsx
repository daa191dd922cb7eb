import type { ReactNode } from "react";

interface Props {
  /** Whether what was submitted has no answer yet. */
  readonly busy: boolean;
  /** Whether there is nothing to submit. */
  readonly disabled?: boolean;
  readonly children: ReactNode;
}

/** Submits a form, once at a time. While it waits it keeps the focus, which a disabled button loses. */
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
