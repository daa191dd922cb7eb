import type { Problem } from "../api/problem.ts";

/** An error message, with a button to try again if a retry may succeed. */
export function ProblemNotice({ problem, onRetry }: { problem: Problem; onRetry?: () => void }) {
  return (
    <div className="notice bad" role="alert">
      <p>{problem.message}</p>
      {onRetry && problem.retryable && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
