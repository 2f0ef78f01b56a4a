/** Lets time run: a step forward every moment, until now is reached or someone stops it. */

import { useEffect, useRef, useState } from "react";
import { STEP, stepped, type Time } from "./time";

const MOMENT = 1200;
const BACK = 24;

/** `ready` is false while the answer for the step before is on its way. */
export function usePlay(time: Time, ready: boolean, go: (to: Time) => void): [boolean, () => void] {
  const [playing, setPlaying] = useState(false);
  const latest = useRef({ time, ready, go });
  latest.current = { time, ready, go };
  useEffect(() => {
    if (!playing) return undefined;
    const timer = setInterval(() => {
      const { time: now, ready: there, go: onward } = latest.current;
      if (!there) return;
      const next = stepped(now, 1, Date.now());
      onward(next);
      if (next.kind === "live") setPlaying(false);
    }, MOMENT);
    return () => clearInterval(timer);
  }, [playing]);
  const toggle = () => {
    // From now there is nowhere to go: begin six hours ago.
    if (!playing && (time.kind === "live" || time.kind === "last"))
      go({ kind: "at", at: Math.floor((Date.now() - BACK * STEP) / 60_000) * 60_000 });
    setPlaying(!playing);
  };
  return [playing, toggle];
}
