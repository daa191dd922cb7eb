import { type ReactNode, useId, useLayoutEffect, useRef } from "react";

interface Props {
  readonly title: string;
  /** Called when the user closes the dialog. Without it, the dialog stays until it is removed. */
  readonly onClose?: () => void;
  readonly children: ReactNode;
}

/** A modal dialog, open while it is rendered. */
export function Modal({ title, onClose, children }: Props) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // Close it before it leaves the page, so that the focus returns to the previous element.
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => onClose || event.preventDefault()}
      // Browsers close a dialog if the user presses Escape repeatedly.
      onClose={onClose ?? (() => dialog.current?.showModal())}
    >
      <div className="row">
        <h2 id={id}>{title}</h2>
        {onClose && (
          <button type="button" className="quiet" onClick={onClose}>
            Close
          </button>
        )}
      </div>
      {children}
    </dialog>
  );
}
