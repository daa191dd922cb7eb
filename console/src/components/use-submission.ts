import { type FormEvent, type RefObject, useRef, useState } from "react";
import { type Problem, problemOf } from "../api/problem.ts";

/** The state of a form and its submission. */
export interface Submission {
  readonly form: RefObject<HTMLFormElement | null>;
  readonly busy: boolean;
  /** The error of an argument's field. */
  errorAt(argument: string): string | null;
  /** An error that belongs to no field; null before the first submission and after a change. */
  readonly notice: Problem | null;
  /** Clears the error. */
  changed(): void;
  submit(event?: FormEvent): void;
}

/**
 * Submits a form, once at a time.
 *
 * @param rules broken rules by argument, which block the submission. They judge only what the user has entered.
 * @param run sends the form; can check whether it is still shown
 * @param missing entries that are still missing, by argument. They block the submission, and show only after it.
 */
export function useSubmission(
  rules: Readonly<Record<string, string | undefined>>,
  run: (isThere: () => boolean) => Promise<void>,
  missing: Readonly<Record<string, string | undefined>> = {},
): Submission {
  const form = useRef<HTMLFormElement>(null);
  const [sent, setSent] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const fieldOf = (argument: string | null) => {
    const control = argument === null ? null : form.current?.elements.namedItem(argument);
    return control instanceof HTMLElement ? control : null;
  };

  /** Moves the focus to a control, and unfolds what hides it. */
  function show(control: HTMLElement | null | undefined) {
    const folded = control?.closest("details");
    if (folded) folded.open = true;
    control?.focus();
  }

  async function submit(event?: FormEvent) {
    event?.preventDefault();
    if (busy) return;
    setProblem(null);
    setSent(true);
    const broken = [rules, missing]
      .flatMap(Object.entries<string | undefined>)
      .find(([, rule]) => rule !== undefined)?.[0];
    if (broken !== undefined) return show(fieldOf(broken));
    setBusy(true);
    try {
      await run(() => form.current !== null);
      setSent(false);
    } catch (error) {
      const found = problemOf(error);
      const field = fieldOf(found.argument);
      show(field);
      // The sign-in dialog shows authentication errors.
      if (found.code !== "UNAUTHENTICATED") setProblem(field ? found : { ...found, argument: null });
    } finally {
      setBusy(false);
    }
  }

  return {
    form,
    busy,
    errorAt: (argument) =>
      rules[argument] ??
      (sent ? missing[argument] : undefined) ??
      (problem?.argument === argument ? problem.message : null),
    notice: problem?.argument === null ? problem : null,
    changed: () => setProblem(null),
    submit: (event) => void submit(event),
  };
}
