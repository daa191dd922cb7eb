import { usePagesInAddress, useParameters } from "../address.ts";
import { BanList } from "../components/ban-list.tsx";
import { Choice } from "../components/choice.tsx";
import { Field } from "../components/field.tsx";
import { PageHeading } from "../components/page-heading.tsx";

const SHOWN = [
  ["active", "Active bans"],
  ["ended", "Ended and lifted bans"],
  ["all", "All bans"],
] as const;

/** The page of the bans of all sessions. */
export default function BansPage() {
  const [parameters, setParameters] = useParameters();
  const pages = usePagesInAddress();
  const identity = parameters.get("identity") ?? "";
  const shown = SHOWN.find(([value]) => value === parameters.get("show"))?.[0] ?? "active";
  const set = (name: string, value: string, standard: string) => {
    const next = new URLSearchParams(parameters);
    // Another list begins at its first page.
    next.delete("after");
    if (value === standard) next.delete(name);
    else next.set(name, value);
    setParameters(next, true);
  };
  return (
    <>
      <PageHeading>Bans</PageHeading>
      <section className="card" aria-label="Filter">
        <div className="fields">
          <Field name="identity" label="Identity" hint="The exact identity, as tokens have it.">
            {(control) => (
              <input
                {...control}
                type="search"
                value={identity}
                onChange={({ target }) => set("identity", target.value, "")}
              />
            )}
          </Field>
          <Field name="active" label="Show">
            {(control) => (
              <Choice
                {...control}
                value={shown}
                options={SHOWN}
                onChoose={(shown) => set("show", shown, "active")}
              />
            )}
          </Field>
        </div>
      </section>
      <BanList
        title={SHOWN.find(([value]) => value === shown)?.[1] ?? ""}
        none={identity ? "No bans match." : "No bans."}
        sessionId={null}
        filter={{ identity: identity || null, active: shown === "all" ? null : shown === "active" }}
        pages={pages}
      />
    </>
  );
}
