import type { ComponentProps, ReactNode } from "react";
import { useState } from "react";
import { Choice, type Options } from "./choice.tsx";
import { Field } from "./field.tsx";
import { ProblemNotice } from "./problem-notice.tsx";
import { type Request, RequestSnippets } from "./request-snippets.tsx";
import { SubmitButton } from "./submit-button.tsx";
import { useSubmission } from "./use-submission.ts";

/** A field of a form: a select box or check boxes for `options`, a text area for `rows`, or an input. */
type FieldOf<Entries> = {
  readonly [Name in keyof Entries & string]: {
    /** The argument of the API, and the name of the entry. */
    readonly name: Name;
    readonly label: string;
    readonly hint?: string | undefined;
    /** The choices of a select box, or of check boxes if the entry is a list. */
    readonly options?: Options<
      Entries[Name] extends readonly (infer Item extends string)[] ? Item : Entries[Name] & string
    >;
    readonly rows?: number;
    /** A value to show instead of the entry. */
    readonly shown?: string;
  } & Pick<ComponentProps<"input">, "type" | "min" | "max" | "inputMode" | "placeholder" | "disabled">;
}[keyof Entries & string];

/** The fields of a form. False leaves one out. */
export type Fields<Entries> = readonly (FieldOf<Entries> | false)[];

/** Error messages by argument. */
type Messages = Readonly<Record<string, string | undefined>>;

/** What a form asks for, and what it checks. */
export interface FormProps<Entries> {
  readonly entries?: readonly [entered: Entries, change: (change: Partial<Entries>) => void];
  readonly fields?: Fields<Entries>;
  /** Fields that are folded at first, unless they have entries. */
  readonly rare?: Fields<Entries>;
  /** Broken rules, which block the submission. They judge only what the user has entered. */
  readonly rules?: Messages;
  /** Entries that are still missing. They block the submission, and show only after it. */
  readonly missing?: Messages;
  /** The text of the button. */
  readonly action: string;
  /** Between the fields and the button. */
  readonly notice?: ReactNode;
  /** Beside the button. */
  readonly beside?: ReactNode;
  /** Above the fields. */
  readonly children?: ReactNode;
}

interface Props<Entries> extends FormProps<Entries> {
  readonly label: string;
  /** Sends the form; can check whether it is still shown. The form shows its error. */
  readonly run: (isThere: () => boolean) => Promise<void>;
  /** The request that the form sends, to be shown as code. */
  readonly request?: Request;
}

/** A form with its errors, and the request that it sends. */
export function Form<Entries extends object>(props: Props<Entries>) {
  const { label, fields = [], rare = [], rules = {}, missing, run, action, request } = props;
  const [entered, change] = props.entries ?? [{} as Entries, () => {}];
  const { form, busy, errorAt, notice, changed, submit } = useSubmission(rules, run, missing);
  const isEntered = (field: FieldOf<Entries> | false) =>
    field && entered[field.name] !== "" && entered[field.name] !== false;
  const [startsOpen] = useState(() => rare.some(isEntered));
  const shown = (fields: Fields<Entries>) => (
    <div className="fields">
      {fields.map(
        (field) =>
          field && (
            <Entry
              key={field.name}
              field={field}
              value={field.shown ?? entered[field.name]}
              error={errorAt(field.name)}
              onEnter={(value) => {
                changed();
                change({ [field.name]: value } as Partial<Entries>);
              }}
            />
          ),
      )}
    </div>
  );
  return (
    <>
      <form ref={form} onSubmit={submit} noValidate aria-label={label}>
        {props.children}
        {fields.length > 0 && shown(fields)}
        {rare.length > 0 && (
          <details open={startsOpen}>
            <summary>More options</summary>
            {shown(rare)}
          </details>
        )}
        {notice && <ProblemNotice problem={notice} onRetry={submit} />}
        {props.notice}
        <div className="acts">
          <SubmitButton busy={busy}>{action}</SubmitButton>
          {props.beside}
        </div>
      </form>
      {request && <RequestSnippets {...request} />}
    </>
  );
}

interface EntryProps {
  readonly field: FieldOf<Record<string, string>>;
  readonly value: unknown;
  readonly error: string | null;
  readonly onEnter: (value: unknown) => void;
}

function Entry({ field, value, error, onEnter }: EntryProps) {
  const { name, label, hint, options, rows, shown: _, ...attributes } = field;
  if (options && Array.isArray(value))
    return <Checks legend={label} options={options} chosen={value} error={error} onChoose={onEnter} />;
  return (
    <Field name={name} label={label} hint={hint} error={error}>
      {(control) => {
        const common = { ...control, disabled: attributes.disabled };
        if (typeof value === "boolean")
          return (
            <input
              {...common}
              type="checkbox"
              checked={value}
              onChange={({ target }) => onEnter(target.checked)}
            />
          );
        const text = String(value);
        if (options) return <Choice {...common} value={text} options={options} onChoose={onEnter} />;
        const typed = {
          ...common,
          value: text,
          placeholder: attributes.placeholder,
          onChange: ({ target }: { target: { value: string } }) => onEnter(target.value),
        };
        if (rows) return <textarea {...typed} rows={rows} />;
        return <input {...attributes} {...typed} autoComplete="off" spellCheck={false} />;
      }}
    </Field>
  );
}

interface ChecksProps {
  readonly legend: string;
  readonly options: Options<string>;
  readonly chosen: readonly string[];
  readonly error: string | null;
  readonly onChoose: (chosen: readonly string[]) => void;
}

/** A group of check boxes. */
function Checks({ legend, options, chosen, error, onChoose }: ChecksProps) {
  return (
    <fieldset className="checks">
      <legend>{legend}</legend>
      {options.map(([value, label]) => (
        <label className="check" key={value}>
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={({ target }) =>
              onChoose(target.checked ? [...chosen, value] : chosen.filter((each) => each !== value))
            }
          />
          {label}
        </label>
      ))}
      <p className="error" aria-live="polite">
        {error}
      </p>
    </fieldset>
  );
}
