/** The few icons we use, drawn on a 16-unit grid. */

const PATHS = {
  map: "M4.2 4.6 8 11.4m0 0 3.8-6.8M4.2 4.6h7.6M2.5 4.6a1.7 1.7 0 1 0 3.4 0 1.7 1.7 0 0 0-3.4 0Zm7.6 0a1.7 1.7 0 1 0 3.4 0 1.7 1.7 0 0 0-3.4 0Zm-3.8 7a1.7 1.7 0 1 0 3.4 0 1.7 1.7 0 0 0-3.4 0Z",
  assets: "M2.5 3.5h11v3.6h-11zM2.5 8.9h11v3.6h-11zM5 5.3h.1M5 10.7h.1",
  dependencies: "M2 5.2h10.5M10 2.7l2.5 2.5L10 7.7M14 10.8H3.5M6 8.3l-2.5 2.5L6 13.3",
  sources:
    "M8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6ZM4.6 11.4a4.8 4.8 0 0 1 0-6.8M11.4 4.6a4.8 4.8 0 0 1 0 6.8M2.6 13.4a7.6 7.6 0 0 1 0-10.8M13.4 2.6a7.6 7.6 0 0 1 0 10.8",
  views: "M3.5 2.5h9v11L8 10.6l-4.5 2.9z",
  home: "M2.5 7.5 8 3l5.5 4.5M4 6.8v6.2h8V6.8M6.8 13V9.5h2.4V13",
  attempts: "M2 8h7M6.5 4.8 9.7 8l-3.2 3.2M12.5 3v10",
  feeds: "M4.5 12.5a3 3 0 0 1-.3-6 4 4 0 0 1 7.7 1A2.6 2.6 0 0 1 11.5 12.5ZM8 7.5v3.2M6.6 9.4 8 10.8l1.4-1.4",
  files: "M4 13.5h8v-8L9 2.5H4zM9 2.5v3h3M8 12V7.5M6.2 9.2 8 7.4l1.8 1.8",
  classification: "M2.5 3h11v4h-11zM2.5 9h5v4h-5zM9.5 9h4v4h-4zM5 7v2M11.5 7v2",
  import: "M8 2.5v7.6M4.8 7 8 10.2 11.2 7M2.5 10.5v3h11v-3",
  members: "M8 7.5a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2ZM2.8 13.7a5.2 5.2 0 0 1 10.4 0",
  providers: "M10.5 2.5a3.5 3.5 0 1 1-3 5.3L3 12.3V14h2v-1.5h1.5V11H8l1-1M11 5.5v.1",
  roles: "M8 2 13 4v4c0 3-2.2 5-5 6-2.8-1-5-3-5-6V4ZM5.8 8l1.6 1.6 2.8-3",
  audit: "M4 2.5h8v11H4zM6 5.5h4M6 8h4M6 10.5h2.4",
  tenants: "M2.5 13.5v-8L7 3v10.5M7 6.5h6.5v7M2 13.5h12M9.5 9h1.5M9.5 11.2h1.5",
  health: "M1.5 8.5h3l1.8-5 3 9.5 1.9-4.5h3.3",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.3 10.3 14 14",
  copy: "M5.5 5.5h7.5v8H5.5zM3 10.5v-8h7.5",
  check: "m3 8.5 3.2 3.2L13 4.8",
  close: "m4 4 8 8M12 4l-8 8",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M3.4 12.6l1.1-1.1M11.5 4.5l1.1-1.1",
  moon: "M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1Z",
  auto: "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM8 2.5v11M8 4.6h2.9M8 6.9h5.2M8 9.2h5.2M8 11.5h2.9",
  help: "M6 6.2a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.4M8 11.7h.1M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12Z",
  out: "M6.5 2.5h-4v11h4M10 5l3 3-3 3M13 8H6",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  arrow: "M2 8h11.5M10 4.5 13.5 8 10 11.5",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.35"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
