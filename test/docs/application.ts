import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ROOT, type Snippet, textOf } from "./markdown.ts";

/** The file name of a snippet, from its first comment; undefined without one. JSON has no comments: it configures Relay. */
export const fileName = ({ code, language }: Snippet): string | undefined =>
  language === "json"
    ? "relay.config.json"
    : code.match(/^(?:\/\/|#|<!--) ((?:[\w-]+\/)*[\w-]*\.[\w.-]+)(?: -->)?\n/)?.[1];

/** A folder of this repository, ignored by Git, with the snippets as files and the schema. */
export class Application {
  readonly folder: string;

  constructor(snippets: readonly Snippet[]) {
    const reports = join(ROOT, "reports");
    mkdirSync(reports, { recursive: true });
    this.folder = mkdtempSync(join(reports, "application-"));
    for (const snippet of snippets) {
      const name = fileName(snippet);
      if (name === undefined) continue;
      if (existsSync(this.path(name))) throw new Error(`line ${snippet.line} is a second ${name}`);
      this.write(name, snippet.code);
    }
    this.write("schema.graphql", textOf("schema.graphql"));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs a command of `node_modules/.bin` in the folder. Resolves to its output if it fails, otherwise to "". */
  async run(command: string, ...args: string[]): Promise<string> {
    try {
      await promisify(execFile)(join(ROOT, "node_modules/.bin", command), args, { cwd: this.folder });
      return "";
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      return stdout + stderr || String(error);
    }
  }

  /** Checks types as a front end with Vite does. Resolves to the problems, or "". */
  typecheck(config: { include: string[]; exclude?: string[] }, paths?: Record<string, string[]>) {
    const compilerOptions = {
      target: "es2023",
      lib: ["es2024", "dom", "dom.iterable"],
      types: [],
      module: "esnext",
      moduleResolution: "bundler",
      jsx: "react-jsx",
      strict: true,
      noUncheckedIndexedAccess: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
      isolatedModules: true,
      verbatimModuleSyntax: true,
      skipLibCheck: true,
      noEmit: true,
      paths,
    };
    const name = paths ? "tsconfig.paths.json" : "tsconfig.json";
    this.write(name, JSON.stringify({ compilerOptions, ...config }));
    return this.run("tsc", "--project", name, "--pretty", "false");
  }
}
