import { BadUserInput } from "../errors.ts";
import { BAD_USER_INPUT, Refusal } from "./refusal.ts";

/** Names the argument `<id>` in an error that concerns `id`, because the command has no option of that name. */
export async function withIdArgument<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof BadUserInput) || error.extensions.argument !== "id") throw error;
    throw new Refusal(BAD_USER_INPUT, error.message.replace(/^id /, ""), "<id>");
  }
}
