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

/** The periods to count. */
@ArgsType()
export class IssuancesArgs implements IssuancesInput {
  @Field(() => IssuanceInterval, {
    nullable: true,
    defaultValue: DEFAULT_INTERVAL,
    description: "The length of each period.",
  })
  interval?: IssuanceInterval | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: DEFAULT_PERIODS,
    description: "The number of periods, from 1 to 100. The last one is still running.",
  })
  last?: number | null;
}

@ObjectType({ description: "The number of tokens issued with one role.", simpleResolvers: true })
export class RoleCount {
  @Field(() => Role, { description: "The role." })
  role!: Role;

  @Field(() => Int, { description: "The number of tokens." })
  count!: number;
}

@ObjectType("IssuancePeriod", {
  description: "The number of tokens issued in one period.",
  simpleResolvers: true,
})
export class IssuancePeriodType implements IssuancePeriod {
  @Field(() => DateTime, { description: "When the period begins." })
  startsAt!: Date;

  @Field(() => [RoleCount], { description: "One count for each role, including roles with no tokens." })
  counts!: readonly RoleCount[];
}
