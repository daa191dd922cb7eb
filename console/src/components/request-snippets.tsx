import { type DocumentNode, Kind, print } from "graphql";
import { useState } from "react";
import { optionsOf, Switch } from "./choice.tsx";
import { CopyButton } from "./copy-button.tsx";

/** A request that a form would send. */
export interface Request {
  /** A document with one operation. */
  readonly document: DocumentNode;
  /** The operation's variables, read only when shown. Undefined ones are left out, as in the request. */
  readonly variables: () => Readonly<Record<string, unknown>>;
}

/** The variable of the shell that holds the user's credential. The real one is never shown. */
const CREDENTIAL = "$STAGEPASS_CREDENTIAL";

const WRITERS = { curl: curlOf, graphql: graphqlOf, hook: hookOf } as const;

const TITLES: Readonly<Record<keyof typeof WRITERS, string>> = {
  curl: "curl",
  graphql: "GraphQL",
  hook: "React hook",
};

const HINTS: Readonly<Record<keyof typeof WRITERS, string>> = {
  curl: "Set STAGEPASS_CREDENTIAL to your API key or JWT. An open server needs no authorization header.",
  graphql: "The document, then its variables.",
  hook: "GraphQL Code Generator makes this hook from the document.",
};

/** The request that a form would send, as code to copy. Folded at first. */
export function RequestSnippets(request: Request) {
  const [open, setOpen] = useState(false);
  return (
    <details className="request" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>As curl, GraphQL or hook</summary>
      {/* Requests of a thousand tokens are long, so a folded one is not written. */}
      {open && <Snippets {...request} />}
    </details>
  );
}

function Snippets(request: Request) {
  const [shown, setShown] = useState<keyof typeof WRITERS>("curl");
  const text = WRITERS[shown](request);
  return (
    <>
      <Switch legend="Form of the request" value={shown} options={optionsOf(TITLES)} onChoose={setShown} />
      <p className="hint">{HINTS[shown]}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <section tabIndex={0} className="scroll" aria-label={`The request as ${TITLES[shown]}`}>
        <pre>
          <code>{text}</code>
        </pre>
      </section>
      <CopyButton text={text} label={`Copy ${TITLES[shown]}`} />
    </>
  );
}

/** The body comes from a here-document, in which the shell replaces nothing. */
function curlOf({ document, variables }: Request): string {
  const url = new URL("graphql", window.document.baseURI).href;
  const body = JSON.stringify({ query: print(document), variables: variables() }, null, 2);
  return [
    `curl '${url}' \\`,
    "  -H 'content-type: application/json' \\",
    `  -H "authorization: Bearer ${CREDENTIAL}" \\`,
    "  -d @- <<'JSON'",
    body,
    "JSON",
  ].join("\n");
}

function graphqlOf({ document, variables }: Request): string {
  return `${print(document)}\n\n${JSON.stringify(variables(), null, 2)}`;
}

function hookOf({ document, variables }: Request): string {
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
  const name = operation?.name?.value ?? "";
  const options = `{\n  variables: ${JSON.stringify(variables(), null, 2).replaceAll("\n", "\n  ")},\n}`;
  if (operation?.operation === "query")
    return `const { data, error, loading } = use${name}Query(${options});`;
  const call = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  return `const [${call}, { data, error, loading }] = use${name}Mutation(${options});`;
}
