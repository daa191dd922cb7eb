import { useEffect, useState } from "react";

/** How long the result is shown, in milliseconds. */
const SHOWN = 2000;

interface Props {
  readonly text: string;
  readonly label?: string;
  /** The copied thing, for screen readers, where several buttons have one label. */
  readonly of?: string;
}

/** Copies a text to the clipboard. Browsers allow this only on https: and localhost; elsewhere the button shows a hint. */
export function CopyButton({ text, label = "Copy", of }: Props) {
  const [outcome, setOutcome] = useState<string | null>(null);

  useEffect(() => {
    if (outcome === null) return;
    const timer = setTimeout(() => setOutcome(null), SHOWN);
    return () => clearTimeout(timer);
  }, [outcome]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome("Copied");
    } catch {
      setOutcome("Copying is not allowed here: select the text");
    }
  };

  return (
    <span className="copy">
      <button type="button" className="quiet" aria-label={of && `${label} ${of}`} onClick={copy}>
        {label}
      </button>
      <span role="status">{outcome}</span>
    </span>
  );
}
