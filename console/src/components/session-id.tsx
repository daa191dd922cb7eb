/** The characters at the end of an ID that always show. */
const TAIL = 12;

/** A session's ID, cut in the middle if it is too wide. It has its whole text as its title and for a selection. */
export function SessionId({ id }: { id: string }) {
  return (
    <code className="session-id" title={id}>
      <span>{id.slice(0, -TAIL)}</span>
      <span>{id.slice(-TAIL)}</span>
    </code>
  );
}
