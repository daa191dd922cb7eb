import { type ComponentProps, useId } from "react";

/** The values to choose from, with their labels. */
export type Options<T extends string> = readonly (readonly [value: T, label: string])[];

interface Props<T extends string> extends Omit<ComponentProps<"select">, "onChange" | "value"> {
  readonly value: T;
  readonly options: Options<T>;
  readonly onChoose: (value: T) => void;
}

/** A select box whose value is one of its options. */
export function Choice<T extends string>({ options, onChoose, ...others }: Props<T>) {
  return (
    <select
      {...others}
      onChange={({ target }) => {
        const chosen = options[target.selectedIndex];
        if (chosen) onChoose(chosen[0]);
      }}
    >
      {options.map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}

interface SwitchProps<T extends string> {
  readonly legend: string;
  readonly value: T;
  readonly options: Options<T>;
  readonly onChoose: (value: T) => void;
}

/** Radio buttons in a line. */
export function Switch<T extends string>({ legend, value, options, onChoose }: SwitchProps<T>) {
  const name = useId();
  return (
    <fieldset className="switch">
      <legend className="visually-hidden">{legend}</legend>
      {options.map(([each, label]) => (
        <label key={each} className="check">
          <input type="radio" name={name} checked={each === value} onChange={() => onChoose(each)} />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

/** The options for a set of labels, or for some of them. */
export function optionsOf<T extends string>(
  labels: Readonly<Record<T, string>>,
  some: readonly T[] = Object.keys(labels) as T[],
): Options<T> {
  return some.map((value) => [value, labels[value]]);
}
