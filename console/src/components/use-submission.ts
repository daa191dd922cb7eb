import { type FormEvent, type RefObject, useRef, useState } from "react";
import { type Problem, problemOf } from "../api/problem.ts";

/** What a form that is submitted goes through. */
export interface Submission {
  readonly form: RefObject<HTMLFormElement | null>;
  readonly busy: boolean;
  /** What is wrong with the field of an argument. */
  errorAt(argument: string): string | null;
  /** What went wrong and concerns no field; null before, and once what was entered is changed. */
  readonly notice: Problem | null;
  /** Forgets what went wrong. */
  changed(): void;
  submit(event?: FormEvent): void;
}

/**
 * Runs what a form does, once at a time.
 *
 * @param rules what is wrong before anything is sent, by argument
 * @param run does it, and is told whether the form is still there when it is done
 */
export function useSubmission(
  rules: Readonly<Record<string, string | undefined>>,
  run: (isThere: () => boolean) => Promise<void>,
): Submission {
  const form = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const fieldOf = (argument: string | null) => {
    const control = argument === null ? null : form.current?.elements.namedItem(argument);
    return control instanceof HTMLElement ? control : null;
  };

  async function submit(event?: FormEvent) {
    event?.preventDefault();
    if (busy) return;
    setProblem(null);
    const broken = Object.keys(rules).find((argument) => rules[argument] !== undefined);
    if (broken !== undefined) return fieldOf(broken)?.focus();
    setBusy(true);
    try {
      await run(() => form.current !== null);
    } catch (error) {
      const found = problemOf(error);
      const field = fieldOf(found.argument);
      field?.focus();
      // Who must sign in again is told so elsewhere.
      if (found.code !== "UNAUTHENTICATED") setProblem(field ? found : { ...found, argument: null });
    } finally {
      setBusy(false);
    }
  }

  return {
    form,
    busy,
    errorAt: (argument) => rules[argument] ?? (problem?.argument === argument ? problem.message : null),
    notice: problem?.argument === null ? problem : null,
    changed: () => setProblem(null),
    submit: (event) => void submit(event),
  };
}
