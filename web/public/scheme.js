// Before the first paint: the colour scheme that was chosen, so that a dark page does not flash white.
// A file of its own, because the content security policy allows no inline script.
(() => {
  const chosen = localStorage.getItem("flowlens-scheme");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const scheme = chosen === "light" || chosen === "dark" ? chosen : dark ? "dark" : "light";
  document.documentElement.setAttribute("data-mantine-color-scheme", scheme);
})();
