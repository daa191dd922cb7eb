import { Link } from "wouter";

interface Props {
  readonly children: string;
  /** The title in the browser, if it says more than the heading. */
  readonly title?: string;
  /** The pages above this one. */
  readonly above?: readonly (readonly [href: string, name: string])[];
}

/** The heading of a page, the way to it, and its title in the browser. */
export function PageHeading({ children, title = children, above = [] }: Props) {
  return (
    <div>
      <title>{`${title} · Stagepass`}</title>
      {above.length > 0 && (
        <nav aria-label="Breadcrumb">
          <ol className="breadcrumb">
            {above.map(([href, name]) => (
              <li key={href}>
                <Link href={href}>{name}</Link>
              </li>
            ))}
            <li aria-current="page">{children}</li>
          </ol>
        </nav>
      )}
      <h1>{children}</h1>
    </div>
  );
}
