import { CloseButton } from "./close-button.tsx";
import type { View } from "./view.ts";

/** What went wrong, until one closes it. */
export function Problem({ view: { galaxy, panel } }: { view: View }) {
  const problem = galaxy.problem.value;
  // The panel of the model says it, too.
  const isSaid = panel.value === "model" && problem === galaxy.model.value.message;
  const message = isSaid ? undefined : problem;
  return (
    <div class="problem" role="alert">
      {message !== undefined && (
        <p>
          <span>{message}</span>
          <CloseButton
            label="Close the message"
            onClick={() => {
              galaxy.problem.value = undefined;
            }}
          />
        </p>
      )}
    </div>
  );
}
