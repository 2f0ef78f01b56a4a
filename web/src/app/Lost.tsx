/** No such page, or a page that fell over. */

import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Empty } from "@/ui/Region";

export function NotFound() {
  return (
    <Empty title="There is no such page">
      <Link to="/map">Go to the map</Link>
    </Empty>
  );
}

export function Crash({ error }: { error: unknown }) {
  return (
    <div role="alert">
      <Empty title="This page fell over">
        <span className="mono">{error instanceof Error ? error.message : String(error)}</span>
        <Button variant="default" onClick={() => window.location.reload()}>
          Reload
        </Button>
      </Empty>
    </div>
  );
}
