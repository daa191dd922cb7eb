import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const IMPORT = /import (?:\{([^}]+)\} from )?"(?:\.\.\/)+dist\/([^"]+)\.js"/g;

const folders = ["bench", ...readdirSync("bench").map((name) => join("bench", name))].filter(
  (path) => statSync(path).isDirectory() && !path.endsWith("node_modules"),
);
const files = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));

/** What the bench imports from the server: its file, the module and the name. It is JavaScript, so no compiler checks it. */
const imports = files.flatMap((file) =>
  [...(file.endsWith(".js") ? readFileSync(file, "utf8") : "").matchAll(IMPORT)].flatMap(
    ([, names = "", path = ""]) => names.split(",").map((name) => [file, path, name.trim()] as const),
  ),
);

it("imports something from the server", () => {
  expect(imports.length).toBeGreaterThan(20);
});

it.each(imports)("%s imports from %s what exists: %s", async (_, path, name) => {
  const module = await import(join(process.cwd(), "src", `${path}.ts`));
  expect(Object.keys(module)).toContain(name);
});
