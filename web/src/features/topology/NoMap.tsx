/** What stands where no map can: why it could not be read, or that nothing is left of it. */

import { Button } from "@mantine/core";
import { useView as useSavedView } from "@/api/views";
import { Empty, Failure } from "@/ui/Region";
import css from "./map.module.css";
import type { MapSearch } from "./search";
import { Toolbar } from "./Toolbar";
import { ViewNote } from "./ViewNote";
import type { Change } from "./view";

interface FailedProps {
  error: unknown;
  retry: () => unknown;
  search: MapSearch;
  change: Change;
}

/** What was asked for stays at hand: the reason may be in it, and can be taken out. */
export function Failed({ error, retry, search, change }: FailedProps) {
  const { data: saved } = useSavedView(search.view);
  return (
    <div className={css["page"]}>
      <Toolbar search={search} onChange={change} onTidy={null} pinned={0} onUnpin={() => undefined} failed />
      {saved && <ViewNote view={saved} />}
      <Failure error={error} retry={retry} />
    </div>
  );
}

export function Nothing({ onClear }: { onClear: () => void }) {
  return (
    <div className={css["stage"]}>
      <Empty title="No dependency matches the filter">
        <Button variant="default" onClick={onClear}>
          Show everything
        </Button>
      </Empty>
    </div>
  );
}
