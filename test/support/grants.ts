const DAY = 86_400;

type Variables = Record<string, unknown>;

/** Values at the limits of generateToken: argument, variables, and the token's members. Times are for that second. */
export const acceptedAt = (now: number): [string, Variables, Variables][] => [
  ...[
    { data: "x".repeat(1000) },
    { data: "" },
    { expireTime: now + 1 },
    { expireTime: now + 30 * DAY },
    { initialLayoutClassList: ["x".repeat(1000)] },
  ].map((given): [string, Variables, Variables] => [Object.keys(given).join(), given, given]),
  ["expiresIn", { expiresIn: 1 }, { expireTime: now + 1 }],
  ["expiresIn", { expiresIn: 30 * DAY }, { expireTime: now + 30 * DAY }],
  ["expiresIn", { expiresIn: 1, expireTime: null }, { expireTime: now + 1 }],
  ["expireTime", { expiresIn: null, expireTime: now + 1 }, { expireTime: now + 1 }],
];

/** Values that it refuses: the argument that the error names, and variables. */
export const refusedAt = (now: number): [string, Variables][] => [
  ["data", { data: "x".repeat(1001) }],
  ["data", { data: "\ud800" }],
  ["expireTime", { expireTime: now }],
  ["expireTime", { expireTime: now + 30 * DAY + 1 }],
  ["expireTime", { expireTime: 0 }],
  ["expireTime", { expireTime: -1 }],
  ["expiresIn", { expiresIn: 0 }],
  ["expiresIn", { expiresIn: 30 * DAY + 1 }],
  ["expiresIn", { expiresIn: 60, expireTime: now + 60 }],
  ["initialLayoutClassList", { initialLayoutClassList: [""] }],
  ["initialLayoutClassList", { initialLayoutClassList: ["a b"] }],
  ["initialLayoutClassList", { initialLayoutClassList: ["x".repeat(1001)] }],
];
