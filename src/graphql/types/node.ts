import { Field, ID, InterfaceType } from "type-graphql";

/** What clients find by a global ID, as the Global Object Identification specification has it. */
@InterfaceType("Node", {
  description: "An object that `Query.node` finds by its ID.",
  resolveType: (found) => ("issuedTo" in found ? "IssuedToken" : "Session"),
})
export abstract class NodeType {
  @Field(() => ID)
  id!: string;
}
