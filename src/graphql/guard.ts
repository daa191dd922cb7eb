import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
} from "graphql";
import { checkScope, REQUIRED_SCOPE } from "../access/policy.ts";
import type { Context } from "./context.ts";

/** Checks the policy in every field of Query, Mutation and Subscription, and in every other field that has a rule. */
export function guardFields(schema: GraphQLSchema): void {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const type of Object.values(schema.getTypeMap()).filter(isObjectType)) {
    const isRoot = roots.includes(type);
    for (const name of Object.keys(type.getFields())) {
      if (isRoot || Object.hasOwn(REQUIRED_SCOPE, `${type.name}.${name}`)) guardField(type, name);
    }
  }
}

/** Checks the policy in one field and in its subscription, and adds the required scope to the end of its description. */
export function guardField(type: GraphQLObjectType<unknown, Context>, name: string): void {
  const field = type.getFields()[name];
  if (!field) return;
  const path = `${type.name}.${name}`;
  field.description = [field.description, requirement(path)].filter(Boolean).join("\n");
  const guarded =
    (resolve: GraphQLFieldResolver<unknown, Context>): GraphQLFieldResolver<unknown, Context> =>
    (source, args, context, info) => {
      checkScope(context.caller, path);
      return resolve(source, args, context, info);
    };
  field.resolve = guarded(field.resolve ?? defaultFieldResolver);
  if (field.subscribe) field.subscribe = guarded(field.subscribe);
}

/** The last sentence of a field's description; undefined for a field without a rule, which no caller may use. */
function requirement(path: string): string | undefined {
  const scope = Object.hasOwn(REQUIRED_SCOPE, path) ? REQUIRED_SCOPE[path] : undefined;
  if (scope === null) return "Open to every caller.";
  return scope && `Requires \`${scope}\`.`;
}
