/** What a CPU profile of V8's says about functions and packages. */

/** Of a file in a package: the package's name, and the path in it. */
const IN_PACKAGE = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.+)$/;
/** Of a file of ours, as it was built. */
const OURS = /.*\/dist\/(.+)$/;

/** The package that a function is of, and its file there. */
function placeOf({ url, functionName }) {
  const [, name, path] = IN_PACKAGE.exec(url) ?? [];
  if (name) return { name, path };
  const [, ours] = OURS.exec(url) ?? [];
  if (ours) return { name: "stagepass", path: ours };
  if (url.startsWith("node:")) return { name: "node", path: url.slice("node:".length) };
  // There is no file for native functions, such as JSON.parse, and in parentheses is what is no function.
  return { name: functionName.startsWith("(") ? functionName : "native", path: "" };
}

/** The time in each function itself, without those that it calls, and the sum of a package's, both in percent, the costliest first. */
export function costs({ nodes, samples, timeDeltas }) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const byFunction = new Map();
  const byPackage = new Map();
  let busy = 0;
  for (const [i, id] of samples.entries()) {
    const frame = frames.get(id);
    if (frame.functionName === "(idle)") continue;
    const { name, path } = placeOf(frame);
    const at = path ? `${name}/${path}:${frame.lineNumber + 1}` : name;
    busy += timeDeltas[i];
    add(byFunction, `${frame.functionName || "(anonymous)"}\n${at}`, timeDeltas[i]);
    add(byPackage, name, timeDeltas[i]);
  }
  const percent = (time) => Number(((100 * time) / busy).toFixed(1));
  const sorted = (times) => [...times].sort(([, a], [, b]) => b - a);
  return {
    functions: sorted(byFunction).map(([key, time]) => {
      const [name, at] = key.split("\n");
      return { function: name, at, "self %": percent(time) };
    }),
    packages: sorted(byPackage).map(([name, time]) => ({ package: name, "self %": percent(time) })),
  };
}

function add(times, key, time) {
  times.set(key, (times.get(key) ?? 0) + time);
}
