import type { ComponentProps } from "react";

interface Props extends ComponentProps<"button"> {
  /** Why the act is not possible; null if it is. */
  readonly reason: string | null;
}

/** A button that says why it is disabled, and keeps the focus. */
export function ActButton({ reason, onClick, ...others }: Props) {
  return (
    <button
      type="button"
      {...others}
      {...(reason === null ? { onClick } : { "aria-disabled": true, title: reason })}
    />
  );
}

/** The reasons of disabled buttons, each once, for those who have no pointer. */
export function ReasonsNotice({ reasons }: { reasons: readonly (string | null)[] }) {
  const texts = [...new Set(reasons)].filter((text) => text !== null);
  return texts.map((text) => (
    <p key={text} className="hint">
      {text}
    </p>
  ));
}
