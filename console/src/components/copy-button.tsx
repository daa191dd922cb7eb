import { useEffect, useState } from "react";

/** How long the result is shown, in milliseconds. */
const SHOWN = 2000;

/** Copies a text to the clipboard. Browsers allow this only on https: and localhost; elsewhere the button shows a hint. */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
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
      <button type="button" className="quiet" onClick={copy}>
        {label}
      </button>
      <span role="status">{outcome}</span>
    </span>
  );
}
