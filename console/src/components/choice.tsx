import type { ComponentProps } from "react";

interface Props<T extends string> extends Omit<ComponentProps<"select">, "onChange" | "value"> {
  readonly value: T;
  readonly options: readonly (readonly [value: T, label: string])[];
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

/** The options for a set of labels. */
export function optionsOf<T extends string>(
  labels: Readonly<Record<T, string>>,
): (readonly [value: T, label: string])[] {
  return Object.entries<string>(labels).map(([value, label]) => [value as T, label]);
}
