/** The browser tests' own settings, for what measures instead of judging. */

import config from "../playwright.config.ts";

export default { ...config, testDir: ".", testMatch: /\.spec\.ts$/, outputDir: "../../.build/playwright" };
