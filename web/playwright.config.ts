/** The pages in Debian's Chromium, against the built site and the mock API; *live.spec.ts against a running stack. */

import { defineConfig } from "@playwright/test";

const PORT = Number(process.env["FLOWLENS_WEB_PORT"] ?? 4173);
const live = process.env["FLOWLENS_URL"];

export default defineConfig({
  testDir: "e2e",
  outputDir: "../.build/playwright",
  testMatch: live ? /live\.spec\.ts$/ : /^(?!.*live).*\.spec\.ts$/,
  workers: live ? 1 : 2,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    baseURL: live ?? `http://127.0.0.1:${PORT}`,
    viewport: { width: 1440, height: 900 },
    launchOptions: {
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  ...(live
    ? {}
    : {
        webServer: {
          command: `npm run --silent preview -- --host 127.0.0.1 --port ${PORT} --strictPort`,
          port: PORT,
          reuseExistingServer: false,
        },
      }),
});
