/** A value once it has stopped changing for a moment: what is typed becomes a question when the typing pauses. */

import { useEffect, useState } from "react";

export function useSettled<T>(value: T, after = 200): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), after);
    return () => clearTimeout(timer);
  }, [value, after]);
  return settled;
}
