/** The heading of a page, which is also its title in the browser. */
export function PageHeading({ children }: { children: string }) {
  return (
    <>
      <title>{`${children} · Stagepass`}</title>
      <h1>{children}</h1>
    </>
  );
}
