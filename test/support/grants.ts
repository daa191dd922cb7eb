const DAY = 86_400;

/** What generateToken accepts only just, as argument and variables; the times are for that second. */
export const acceptedAt = (now: number): [string, Record<string, unknown>][] => [
  ["data", { data: "x".repeat(1000) }],
  ["data", { data: "" }],
  ["expireTime", { expireTime: now + 1 }],
  ["expireTime", { expireTime: now + 30 * DAY }],
  ["initialLayoutClassList", { initialLayoutClassList: ["x".repeat(1000)] }],
];

/** What it refuses, as the argument that it names and variables. */
export const refusedAt = (now: number): [string, Record<string, unknown>][] => [
  ["data", { data: "x".repeat(1001) }],
  ["data", { data: "\ud800" }],
  ["expireTime", { expireTime: now }],
  ["expireTime", { expireTime: now + 30 * DAY + 1 }],
  ["expireTime", { expireTime: 0 }],
  ["expireTime", { expireTime: -1 }],
  ["initialLayoutClassList", { initialLayoutClassList: [""] }],
  ["initialLayoutClassList", { initialLayoutClassList: ["a b"] }],
  ["initialLayoutClassList", { initialLayoutClassList: ["x".repeat(1001)] }],
];
