/** Numbers and times as people read them. */

const WHOLE = new Intl.NumberFormat("en");
const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

export function count(value: number): string {
  return WHOLE.format(value);
}

/** `1 link`, `2 links`. */
export function many(value: number, one: string, several = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : several}`;
}

/** SI units: 1 kB is 1,000 octets, as on the wire and on the invoice. */
export function octets(value: number): string {
  let scaled = value;
  let unit = 0;
  while (scaled >= 999.5 && unit < UNITS.length - 1) {
    scaled /= 1000;
    unit++;
  }
  const digits = unit === 0 || scaled >= 99.5 ? 0 : 1;
  return `${scaled.toFixed(digits)} ${UNITS[unit]}`;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", {
  day: "2-digit",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

export function localTime(iso: string): string {
  return CLOCK.format(new Date(iso));
}

/** The exact instant, for tooltips. */
export function utcTime(iso: string): string {
  return `${new Date(iso).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

const STEPS: [number, string][] = [
  [60, "s"],
  [60, "min"],
  [24, "h"],
  [Number.POSITIVE_INFINITY, "d"],
];

export function ago(iso: string, now: number): string {
  let value = Math.max(0, (now - Date.parse(iso)) / 1000);
  if (value < 5) return "just now";
  for (const [size, unit] of STEPS) {
    if (value < size) return `${Math.floor(value)} ${unit} ago`;
    value /= size;
  }
  return localTime(iso);
}
