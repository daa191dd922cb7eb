import type { OperationVariables, TypedDocumentNode } from "@apollo/client";
import { useMutation } from "@apollo/client/react";
import { Form, type FormProps } from "./form.tsx";
import { Modal } from "./modal.tsx";

/** What happens when a dialog ends. */
export interface DialogProps {
  /** Called after the act, with what was done. */
  readonly onDone: (done: string) => void;
  readonly onClose: () => void;
}

interface Props<Entries, Data, Variables> extends FormProps<Entries>, DialogProps {
  readonly title: string;
  readonly document: TypedDocumentNode<Data, Variables>;
  /** Read for each request, and when the request is shown as code. */
  readonly variables: () => NoInfer<Variables>;
  readonly options?: Pick<useMutation.Options, "fetchPolicy" | "refetchQueries">;
  /** What was done. */
  readonly said?: string;
  /** Takes the answer, instead of `onDone`. */
  readonly onAnswer?: (data: NoInfer<Data>) => void;
}

/** A dialog that explains an act, takes its options, performs it, and shows its request. It stays open after an error. */
export function ActDialog<Entries extends object, Data, Variables extends OperationVariables>(
  props: Props<Entries, Data, Variables>,
) {
  const { title, document, variables, options, said = "", onDone, onAnswer, onClose, ...form } = props;
  const [act] = useMutation<Data, OperationVariables>(document, options);
  return (
    <Modal title={title} onClose={onClose}>
      <Form
        {...form}
        label={title}
        request={{ document, variables }}
        run={async () => {
          const { data } = await act({ variables: variables() });
          if (!onAnswer) onDone(said);
          else if (data) onAnswer(data as Data);
        }}
      />
    </Modal>
  );
}
