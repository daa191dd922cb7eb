import { formatInstant } from "../time.ts";

/** A time of the API, in the user's language and time zone. */
export function Instant({ at, className }: { at: string; className?: string }) {
  return (
    <time dateTime={at} className={className}>
      {formatInstant(at)}
    </time>
  );
}
