import { useEffect, useState } from "react";

/** How long the button says what became of it, in milliseconds. */
const SHOWN = 2000;

/** Puts a text on the clipboard. Browsers allow that on https: and on this machine alone; elsewhere it says so. */
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
      setOutcome("Not allowed here: select it instead");
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
