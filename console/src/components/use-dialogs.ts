import { useEffect, useRef, useState } from "react";
import type { DialogProps } from "./act-dialog.tsx";

/**
 * The open dialog of a card, what it acts on, and what was done last. The heading gets the focus if the element that had
 * it is gone.
 */
export function useDialogs<Open>() {
  const [open, setOpen] = useState<Open | null>(null);
  const [done, setDone] = useState("");
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (done !== "" && document.activeElement === document.body) heading.current?.focus();
  }, [done]);
  const onClose = () => setOpen(null);
  const onDone = (done: string) => {
    onClose();
    setDone(done);
  };
  return { open, setOpen, dialog: { onClose, onDone } satisfies DialogProps, card: { heading, done } };
}
