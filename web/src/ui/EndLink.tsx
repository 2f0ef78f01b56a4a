/** One end of a dependency, as a link to its asset. */

import { Link } from "@tanstack/react-router";

interface End {
  asset_id: number | null;
  address: string | null;
}

/** One end of a dependency; of one beyond what your grants show, nothing is said but that it is there. */
export function EndLink({ of }: { of: End }) {
  if (of.asset_id === null) return <span className="dim">restricted</span>;
  return (
    <Link to="/assets/$id" params={{ id: String(of.asset_id) }} className="mono">
      {of.address}
    </Link>
  );
}
