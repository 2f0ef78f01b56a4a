/** Which saved view this is, and what it names that is gone. */

import type { View } from "@/api/types";
import css from "./map.module.css";

export function ViewNote({ view }: { view: View }) {
  return (
    <p className={css["note"]} role="status">
      <strong>{view.name}</strong>
      {view.gone.length > 0 && (
        <span className={css["gone"]}>
          {" "}
          names what is gone:{" "}
          {view.gone
            .slice(0, 3)
            .map(({ name, said }) => `${name} (${said})`)
            .join("; ")}
          {view.gone.length > 3 && ` and ${view.gone.length - 3} more`}
        </span>
      )}
    </p>
  );
}
