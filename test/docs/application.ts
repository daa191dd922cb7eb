import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { compileScript, parse } from "vue/compiler-sfc";
import { ROOT, type Snippet, textOf } from "./markdown.ts";

/** The application that the guide explains. */
const EXAMPLE = "examples/react-app";

/** The file name of a snippet, from its first comment; undefined without one. JSON has no comments. */
export function fileName({ code, language }: Snippet): string | undefined {
  if (language === "json") return code.includes("compilerOptions") ? "tsconfig.json" : "relay.config.json";
  return code.match(/^(?:\/\/|#|<!--) ((?:[\w-]+\/)*[\w-]*\.[\w.-]+)(?: -->)?\n/)?.[1];
}

/** A snippet shows parts of a file of the example, if that file exists. Returns those that the file lacks. */
export function missingInExample(snippet: Snippet): string[] | undefined {
  const path = join(ROOT, EXAMPLE, fileName(snippet) ?? "/");
  if (!path.endsWith(".ts") && !path.endsWith(".tsx")) return undefined;
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, "utf8");
  const parts = snippet.code.replace(/^.*\n/, "").split(/^ *\/\/ …\n/m);
  return parts.filter((part) => !text.includes(part));
}

/** A folder of this repository, ignored by Git, with the files of the example, the snippets as files, and the schema. */
export class Application {
  readonly folder: string;
  /** The modules of snippets. */
  readonly modules: string[] = [];

  constructor(snippets: readonly Snippet[]) {
    const reports = join(ROOT, "reports");
    mkdirSync(reports, { recursive: true });
    this.folder = mkdtempSync(join(reports, "application-"));
    cpSync(join(ROOT, EXAMPLE, "src"), this.path("src"), { recursive: true });
    for (const snippet of snippets) {
      const name = fileName(snippet);
      if (name === undefined || missingInExample(snippet)) continue;
      if (existsSync(this.path(name))) throw new Error(`line ${snippet.line} is a second ${name}`);
      if (snippet.language === "vue") this.#writeComponent(name, snippet.code);
      else this.write(name, snippet.code);
      if (/^tsx?$/.test(snippet.language)) this.modules.push(name);
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

  /** Compiles a component of Vue to a module that `import "./Name.vue"` finds. */
  #writeComponent(name: string, code: string): void {
    const { descriptor, errors } = parse(code, { filename: name });
    if (errors.length > 0) throw errors[0];
    this.write(`${name}.ts`, compileScript(descriptor, { id: name, inlineTemplate: true }).content);
    this.modules.push(`${name}.ts`);
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
  typecheck(name: string, files: readonly string[], paths?: Record<string, string[]>) {
    const compilerOptions = {
      target: "es2023",
      lib: ["es2024", "dom", "dom.iterable"],
      types: ["node"],
      module: "esnext",
      moduleResolution: "bundler",
      jsx: "react-jsx",
      strict: true,
      noUncheckedIndexedAccess: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
      isolatedModules: true,
      verbatimModuleSyntax: true,
      allowImportingTsExtensions: true,
      // Node.js runs TypeScript only with erasable syntax.
      erasableSyntaxOnly: true,
      skipLibCheck: true,
      noEmit: true,
      paths,
    };
    this.write(`${name}.json`, JSON.stringify({ compilerOptions, files }));
    return this.run("tsc", "--project", `${name}.json`, "--pretty", "false");
  }
}
