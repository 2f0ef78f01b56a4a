/** A narrowing that came from elsewhere, such as the map, and the way to drop it. */

import { Button } from "@mantine/core";

interface Props {
  what: string;
  /** A place: `10.1.0.0/16@1`, `site=Berlin@1`. */
  by: string;
  onClear: () => void;
}

export function Narrowed({ what, by, onClear }: Props) {
  return (
    <Button variant="default" onClick={onClear} title="Show all again">
      {what} {inWords(by)} ✕
    </Button>
  );
}

/** Without the address space: it has a picker of its own. `site=` is what has none. */
function inWords(place: string): string {
  const where = place.replace(/@\d+$/, "");
  return where.endsWith("=") ? `no ${where.slice(0, -1)}` : where.replace("=", " ");
}
