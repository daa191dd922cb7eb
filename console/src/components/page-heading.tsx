/** What a page is about, on the page and in the browser's own lists. */
export function PageHeading({ children }: { children: string }) {
  return (
    <>
      <title>{`${children} · Stagepass`}</title>
      <h1>{children}</h1>
    </>
  );
}
