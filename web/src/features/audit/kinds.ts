/** How the actions of events begin, as people call what they are about. */

export const KINDS = [
  { value: "", label: "All events" },
  { value: "denied", label: "Denied attempts" },
  {
    group: "Who comes in",
    items: [
      { value: "session.", label: "Sign-ins and sessions" },
      { value: "factor.", label: "Second factors" },
      { value: "password.", label: "Passwords" },
      { value: "link.", label: "Links" },
      { value: "token.", label: "Tokens" },
      { value: "provider.", label: "Identity providers" },
      { value: "identity.", label: "Accounts at providers" },
    ],
  },
  {
    group: "Who may what",
    items: [
      { value: "member", label: "Members" },
      { value: "grant.", label: "Grants" },
      { value: "role.", label: "Roles" },
      { value: "tenant.", label: "Tenants and broken glass" },
    ],
  },
  {
    group: "What is known",
    items: [
      { value: "asset", label: "Assets" },
      { value: "classification_rule", label: "CIDR rules" },
      { value: "source.", label: "Flow sources" },
      { value: "feed.", label: "Cloud logs" },
      { value: "import.", label: "Imports" },
      { value: "upload.", label: "Flow files" },
      { value: "view.", label: "Views" },
      { value: "dead_letter", label: "Dead letters" },
      { value: "audit.", label: "Exports of the trail" },
    ],
  },
];
