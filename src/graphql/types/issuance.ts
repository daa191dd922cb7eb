import { ArgsType, Field, Int, ObjectType } from "type-graphql";
import {
  DEFAULT_INTERVAL,
  DEFAULT_PERIODS,
  IssuanceInterval,
  type IssuancePeriod,
  type IssuancesInput,
} from "../../domain/issuance.ts";
import { Role } from "../../domain/role.ts";
import { DateTime } from "./date-time.ts";

/** Which periods to count. */
@ArgsType()
export class IssuancesArgs implements IssuancesInput {
  @Field(() => IssuanceInterval, {
    nullable: true,
    defaultValue: DEFAULT_INTERVAL,
    description: "How long each period is.",
  })
  interval?: IssuanceInterval | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: DEFAULT_PERIODS,
    description: "How many periods, from 1 to 100. The last of them is not over yet.",
  })
  last?: number | null;
}

@ObjectType({ description: "How many tokens were issued with one role.", simpleResolvers: true })
export class RoleCount {
  @Field(() => Role)
  role!: Role;

  @Field(() => Int)
  count!: number;
}

@ObjectType("IssuancePeriod", {
  description: "How many tokens were issued in a period of time.",
  simpleResolvers: true,
})
export class IssuancePeriodType implements IssuancePeriod {
  @Field(() => DateTime)
  startsAt!: Date;

  @Field(() => [RoleCount], { description: "One for each role, those with none too." })
  counts!: readonly RoleCount[];
}
