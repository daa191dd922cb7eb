import { type ReactNode, useId } from "react";

/** What the control of a field takes over, so that its label, hint and error are read out with it. */
interface Control {
  readonly id: string;
  /** The argument that it is for, by which an error finds it. */
  readonly name: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": true | undefined;
}

interface Props {
  /** The argument of the API that is filled in here. */
  readonly name: string;
  readonly label: string;
  readonly hint?: ReactNode;
  /** What is wrong with what was entered; null when nothing is. */
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
