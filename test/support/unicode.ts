import fc from "fast-check";

/** Texts of all of Unicode, rich in characters that are special in form encoding, base64 and line-based formats. */
export const text = (constraints: fc.StringConstraints = {}) =>
  fc.string({
    ...constraints,
    unit: fc.oneof(
      {
        weight: 2,
        arbitrary: fc.constantFrom("&", "=", "%", "+", ":", "\n", "\r", " ", "~", "\0", "?", "#", '"'),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom("&role=moderator", "%26", "&session_id=1_x", "\u2028", "\ufeff"),
      },
      { weight: 3, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 1 }) },
    ),
  });

/** Data that the domain accepts. */
export const connectionData = text().filter((value) => value.length <= 1000);
