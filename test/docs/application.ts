import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ROOT, type Snippet } from "./markdown.ts";

function mkdirs(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}

/** The name of the file that a snippet is, from the comment that it begins with; undefined where it has none. */
export const fileName = ({ code }: Snippet): string | undefined =>
  code.match(/^(?:\/\/|#|<!--) ((?:[\w-]+\/)*[\w-]*\.[\w.-]+)(?: -->)?\n/)?.[1];

/** A folder of this repository, which Git ignores, with the snippets as files, and with the schema. */
export class Application {
  readonly guide: string;
  readonly #folder = mkdtempSync(join(mkdirs(join(ROOT, "reports")), "application-"));
  /** Where in the guide each file begins. */
  readonly #lines = new Map<string, number>();

  constructor(guide: string, snippets: readonly Snippet[]) {
    this.guide = guide;
    for (const snippet of snippets) {
      const name = fileName(snippet);
      if (name === undefined) continue;
      if (this.#lines.has(name)) throw new Error(`${guide}:${snippet.line} is a second ${name}`);
      this.#lines.set(name, snippet.line);
      this.write(name, snippet.code);
    }
    this.copy("schema.graphql", "schema.graphql");
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  write(name: string, text: string): void {
    mkdirs(dirname(this.path(name)));
    writeFileSync(this.path(name), text);
  }

  /** Takes a file of the repository over. */
  copy(from: string, to: string): void {
    mkdirs(dirname(this.path(to)));
    cpSync(join(ROOT, from), this.path(to));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Runs a command of `node_modules/.bin` in the folder, and answers what it said if it failed, else nothing. */
  async run(command: string, ...args: string[]): Promise<string> {
    try {
      await promisify(execFile)(join(ROOT, "node_modules/.bin", command), args, { cwd: this.#folder });
      return "";
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      return this.#inTheGuide(stdout + stderr) || String(error);
    }
  }

  /** Checks types as a front end does that Vite builds. Answers what is wrong, and nothing if nothing is. */
  typecheck(options: { include: string[]; exclude?: string[]; paths?: Record<string, string[]> }) {
    const { include, exclude, paths } = options;
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
    this.write("tsconfig.json", JSON.stringify({ compilerOptions, include, exclude }));
    return this.run("tsc", "--project", "tsconfig.json", "--pretty", "false");
  }

  /** Names the guide's lines instead of the files'. */
  #inTheGuide(said: string): string {
    return said.replaceAll(/^(\S+)\((\d+),(\d+)\)/gm, (place, file, line, column) => {
      const begin = this.#lines.get(file);
      return begin === undefined ? place : `${this.guide}:${begin + Number(line)}:${column} ${file}`;
    });
  }
}
