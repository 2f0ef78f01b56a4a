/** A time as people say it; the exact instant in UTC is in the tooltip. */

import { ago, localTime, utcTime } from "@/lib/format";
import { useNow } from "@/lib/useNow";

export function When({ at, relative = false }: { at: string | null; relative?: boolean }) {
  const now = useNow();
  if (at === null) return <span className="dim">never</span>;
  return (
    <time dateTime={at} title={utcTime(at)} className="number">
      {relative ? ago(at, now) : localTime(at)}
    </time>
  );
}
