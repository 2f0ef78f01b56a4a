/** The time under the map: now, an instant or a window; steps; and what changed against the state before. */

import { Button, NativeSelect } from "@mantine/core";
import { useWindowEvent } from "@mantine/hooks";
import { count } from "@/lib/format";
import type { Changes } from "./changes";
import { Histogram } from "./Histogram";
import css from "./map.module.css";
import type { MapSearch } from "./search";
import { asLocal, earlier, fromLocal, isLast, LAST, NAMES, patchOf, STEP, stepped, type Time } from "./time";
import { usePlay } from "./usePlay";
import type { Change } from "./view";

interface Props {
  time: Time;
  search: MapSearch;
  space: number | undefined;
  changes: Changes | null;
  /** The answer holds only the strongest links, and so does the comparison. */
  bounded: boolean;
  /** Is what is shown of this time, and not of the one before? */
  ready: boolean;
  listed: boolean;
  onList: () => void;
  onChange: Change;
}

const CHOICES = [
  { value: "live", label: "Live: now" },
  ...Object.keys(LAST).map((last) => ({ value: last, label: isLast(last) ? NAMES[last] : last })),
  { value: "at", label: "At an instant" },
  { value: "window", label: "From … to …" },
];

export function TimeStrip({ time, search, space, changes, bounded, ready, listed, onList, onChange }: Props) {
  const go = (to: Time) => onChange(patchOf(to));
  const back = () => go(stepped(time, -1, Date.now()));
  const forth = () => go(stepped(time, 1, Date.now()));
  const [playing, play] = usePlay(time, ready, go);
  useWindowEvent("keydown", (event) => {
    // Where brackets are typed with AltGr they come with Ctrl and Alt; ⌘ with a bracket is the browser's.
    const typing = event.target instanceof HTMLElement && event.target.matches("input:not([type=checkbox]), textarea");
    if (typing || event.metaKey || event.defaultPrevented) return;
    if (event.key === "[") back();
    else if (event.key === "]" && !(time.kind === "live" || time.kind === "last")) forth();
  });
  const choose = (value: string) => {
    const now = Math.floor(Date.now() / 60_000) * 60_000;
    if (isLast(value)) go({ kind: "last", last: value });
    else if (value === "at") go({ kind: "at", at: now - STEP });
    else if (value === "window") go({ kind: "window", from: now - 4 * STEP, to: now });
    else go({ kind: "live" });
  };
  return (
    <section className={css["time"]} aria-label="Time">
      <Histogram time={time} of={{ space, q: search.q }} onGo={go} />
      <Button variant="default" onClick={play} aria-pressed={playing} title="Let time run from here to now">
        {playing ? "Stop" : "Play"}
      </Button>
      <Button variant="default" onClick={back} aria-label="One step back" title="One step back ([)">
        ‹
      </Button>
      <NativeSelect
        aria-label="Time shown"
        data={CHOICES}
        value={time.kind === "last" ? time.last : time.kind}
        onChange={({ currentTarget }) => choose(currentTarget.value)}
      />
      {time.kind === "at" && <Instant label="Instant" at={time.at} onPick={(at) => go({ kind: "at", at })} />}
      {time.kind === "window" && (
        <>
          <Instant label="From" at={time.from} onPick={(from) => from < time.to && go({ ...time, from })} />
          <Instant label="To" at={time.to} onPick={(to) => time.from < to && go({ ...time, to })} />
        </>
      )}
      <Button
        variant="default"
        onClick={forth}
        disabled={time.kind === "live" || time.kind === "last"}
        aria-label="One step forward"
        title="One step forward (])"
      >
        ›
      </Button>
      {time.kind !== "live" && (
        <Button variant="light" onClick={() => go({ kind: "live" })}>
          Back to live
        </Button>
      )}
      <label className={css["compare"]}>
        <input
          type="checkbox"
          checked={search.cmp === true}
          onChange={({ currentTarget }) => onChange({ cmp: currentTarget.checked ? true : undefined })}
        />
        Compare with {earlier(time)}
      </label>
      {changes && <Told changes={changes} bounded={bounded} />}
      {search.cmp === true && (
        <Button variant="default" onClick={onList} aria-expanded={listed}>
          As a list
        </Button>
      )}
    </section>
  );
}

function Instant({ label, at, onPick }: { label: string; at: number; onPick: (at: number) => void }) {
  return (
    <input
      type="datetime-local"
      aria-label={label}
      className={css["instant"]}
      // The browser's own input keeps what is half typed: it hears of another instant by its key.
      key={at}
      defaultValue={asLocal(at)}
      onBlur={({ currentTarget }) => {
        const picked = fromLocal(currentTarget.value);
        if (picked !== null && asLocal(picked) !== asLocal(at)) onPick(picked);
      }}
      onKeyDown={({ key, currentTarget }) => key === "Enter" && currentTarget.blur()}
    />
  );
}

function Told({ changes: { nodes, links }, bounded }: { changes: Changes; bounded: boolean }) {
  return (
    <span className="number" role="status">
      nodes <b className={css["added"]}>+{count(nodes.added)}</b> <b className={css["gone"]}>−{count(nodes.gone)}</b>,
      links <b className={css["added"]}>+{count(links.added)}</b> <b className={css["gone"]}>−{count(links.gone)}</b>
      {bounded && <span className="dim"> among the strongest</span>}
    </span>
  );
}
