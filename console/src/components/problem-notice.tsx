import type { Problem } from "../api/problem.ts";

/** Says what went wrong, and offers to try again where that may help. */
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
