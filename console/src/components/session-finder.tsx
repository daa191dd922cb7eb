import { useApolloClient } from "@apollo/client/react";
import { useState } from "react";
import { useMe } from "../api/me.ts";
import { SessionByNameDocument } from "../generated/documents.ts";
import { CREATED, isSessionId, isToken, useSessionSearch } from "../session-search.ts";
import { toInstant, toLocal } from "../time.ts";
import { Choice } from "./choice.tsx";
import { Field } from "./field.tsx";
import { ProblemNotice } from "./problem-notice.tsx";
import { useSubmission } from "./use-submission.ts";

/** A form that filters the list of sessions, and opens a session by its name or ID. It never creates one. */
export function SessionFinder({ onOpen }: { onOpen: (sessionId: string) => void }) {
  const { rights } = useMe();
  const client = useApolloClient();
  const [search, setSearch] = useSessionSearch();
  // A pasted token stays here.
  const [token, setToken] = useState<string | null>(null);
  const [unknown, setUnknown] = useState<string | null>(null);
  const entered = token ?? search.text;
  const text = entered.trim();
  const { form, errorAt, notice, changed, submit } = useSubmission(
    {
      text: token === null ? undefined : "This is a token, not a session ID.",
      to: search.from && search.to && search.to <= search.from ? "This is not after the start." : undefined,
    },
    async (isThere) => {
      if (isSessionId(text) || !rights.readSessions) return onOpen(text);
      const { data } = await client.query({
        query: SessionByNameDocument,
        variables: { name: text },
        fetchPolicy: "no-cache",
      });
      if (!isThere()) return;
      if (data?.session) onOpen(data.session.sessionId);
      else setUnknown(text);
    },
    { text: text === "" ? (rights.readSessions ? "Enter a name or an ID." : "Enter an ID.") : undefined },
  );
  const isSearch = entered !== "" || search.created !== "";

  const enter = (next: string) => {
    changed();
    setToken(isToken(next.trim()) ? next : null);
    setSearch({ text: isToken(next.trim()) ? "" : next });
  };

  return (
    <form ref={form} onSubmit={submit} noValidate className="finder" aria-label="Find a session">
      <Field
        name="text"
        label={rights.readSessions ? "Find by name or ID" : "Session ID"}
        error={
          errorAt("text") ??
          (unknown !== null && unknown === text ? "No session that you may see has this name." : null)
        }
      >
        {(control) => (
          <div className="joined">
            <input
              {...control}
              type="search"
              value={entered}
              placeholder={rights.readSessions ? "standup or 1_MX4…" : "1_MX4…"}
              autoComplete="off"
              spellCheck={false}
              onChange={({ target }) => enter(target.value)}
            />
            <button type="submit">Open</button>
          </div>
        )}
      </Field>
      {rights.readSessions && (
        <Field name="created" label="Created">
          {(control) => (
            <Choice
              {...control}
              value={search.created}
              options={CREATED.map(([value, label]) => [value, label])}
              onChoose={(created) => setSearch({ created, from: "", to: "" })}
            />
          )}
        </Field>
      )}
      {search.created === "between" &&
        (["from", "to"] as const).map((end) => (
          <Field key={end} name={end} label={end === "from" ? "From" : "Before"} error={errorAt(end)}>
            {(control) => (
              <input
                {...control}
                type="datetime-local"
                defaultValue={toLocal(search[end])}
                onChange={({ target }) => setSearch({ [end]: toInstant(target.value) ?? "" })}
              />
            )}
          </Field>
        ))}
      {rights.readSessions && isSearch && (
        <button
          type="button"
          className="quiet clear"
          onClick={() => {
            enter("");
            setSearch({ text: "", created: "", from: "", to: "" });
          }}
        >
          Clear
        </button>
      )}
      {notice && <ProblemNotice problem={notice} onRetry={submit} />}
    </form>
  );
}
