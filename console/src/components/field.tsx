import { type ReactNode, useId } from "react";

/** Attributes for the control of a field, so that screen readers announce its label, hint and error. */
interface Control {
  readonly id: string;
  /** The argument of the API, which connects an error to its field. */
  readonly name: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": true | undefined;
}

interface Props {
  /** The argument of the API. */
  readonly name: string;
  readonly label: string;
  readonly hint?: ReactNode;
  /** The problem with the entry; null if it is valid. */
  readonly error?: string | null;
  readonly children: (control: Control) => ReactNode;
}

/** One field of a form. */
export function Field({ name, label, hint, error = null, children }: Props) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        name,
        "aria-describedby": described || undefined,
        "aria-invalid": error ? true : undefined,
      })}
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <p className="error" id={`${id}-error`} aria-live="polite">
        {error}
      </p>
    </div>
  );
}
