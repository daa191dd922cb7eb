import { type ReactNode, type Ref, useId } from "react";
import { Total } from "./pager.tsx";

interface Props {
  readonly title: string;
  /** The length of the card's list; null if the server did not count it. */
  readonly count?: number | null | undefined;
  /** Beside the heading. */
  readonly beside?: ReactNode;
  /** The heading, if it takes the focus. */
  readonly heading?: Ref<HTMLHeadingElement>;
  /** What was done last in this card. */
  readonly done?: string;
  readonly children: ReactNode;
}

/** A part of a page, with its heading. */
export function Card({ title, count = null, beside, heading, done, children }: Props) {
  const id = useId();
  return (
    <section className="card" aria-labelledby={id}>
      <div className="row">
        <h2 id={id} ref={heading} tabIndex={heading ? -1 : undefined}>
          {title} <Total count={count} />
        </h2>
        {beside}
      </div>
      {done !== undefined && <p role="status">{done}</p>}
      {children}
    </section>
  );
}
