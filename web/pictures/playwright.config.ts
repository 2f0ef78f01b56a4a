/** The browser tests' own settings, for what takes pictures. */

import config from "../playwright.config.ts";

export default { ...config, testDir: ".", testMatch: /\.spec\.ts$/, outputDir: "../../.build/playwright" };
