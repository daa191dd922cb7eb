import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const IMPORT = /import \{([^}]+)\} from "(?:\.\.\/)+dist\/([^"]+)\.js"/g;

const files = readdirSync("bench", { recursive: true, encoding: "utf8" }).filter(
  (path) => path.endsWith(".js") && !path.startsWith("node_modules"),
);

/** What the bench imports from the server: its file, the module and the name. It is JavaScript, so no compiler checks it. */
const imports = files.flatMap((file) =>
  [...readFileSync(join("bench", file), "utf8").matchAll(IMPORT)].flatMap(([, names = "", path = ""]) =>
    names.split(",").flatMap((name) => (name.trim() === "" ? [] : [[file, path, name.trim()] as const])),
  ),
);

it("imports something from the server", () => {
  expect(imports.length).toBeGreaterThan(20);
});

it.each(imports)("%s imports from %s what exists: %s", async (_, path, name) => {
  const module = await import(join(process.cwd(), "src", `${path}.ts`));
  expect(Object.keys(module)).toContain(name);
});
