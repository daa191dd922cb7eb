import { Field, ID, InterfaceType } from "type-graphql";

/** The type of an object with a global ID. */
export function typeOfNode(found: object): string {
  if ("issuedTo" in found) return "IssuedToken";
  if ("liftedAt" in found) return "Ban";
  return "connectionId" in found ? "Participant" : "Session";
}

/** An object with a global ID, by the Global Object Identification specification. */
@InterfaceType("Node", {
  description: "An object that `Query.node` finds by its ID.",
})
export abstract class NodeType {
  @Field(() => ID, { description: "The global ID, for `Query.node`." })
  id!: string;
}
