/** The browser tests' own settings, for pictures of every page to look at. */

import config from "../playwright.config.ts";

export default { ...config, testDir: ".", testMatch: /\.spec\.ts$/, outputDir: "../../.build/playwright" };
