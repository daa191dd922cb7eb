import { GraphQLScalarType } from "graphql";
import { GraphQLDateTimeISO } from "graphql-scalars";

/** The instant that was last written, in epoch milliseconds, and its text: the tokens of a batch have most of theirs in common. */
let last = Number.NaN;
let text = "";

/** graphql-scalars' scalar under the name that the contract gives it. */
export const DateTime = new GraphQLScalarType({
  ...GraphQLDateTimeISO.toConfig(),
  name: "DateTime",
  specifiedByURL: "https://scalars.graphql.org/andimarek/date-time.html",
  // graphql-scalars looks at what it is given before it writes the same; resolvers give nothing but dates.
  serialize(instant) {
    const time = (instant as Date).getTime();
    if (time !== last) {
      text = new Date(time).toISOString();
      last = time;
    }
    return text;
  },
  description: "An instant in UTC in RFC 3339 form, such as `2026-11-24T09:30:00.000Z`.",
});
