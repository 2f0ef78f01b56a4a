/** config.json lies beside index.html and is written by the deployment, so that one build serves every stage. */

export interface Config {
  api: string;
  netflowPort: number;
  ipfixPort: number;
  sflowPort: number;
  /** Where exporters send to; empty means the host of this page. */
  collectorHost: string;
}

let config: Config = { api: "/api/v1", netflowPort: 2055, ipfixPort: 4739, sflowPort: 6343, collectorHost: "" };

export async function loadConfig(): Promise<void> {
  const response = await fetch("/config.json", { cache: "no-cache" });
  if (response.ok) config = { ...config, ...((await response.json()) as Partial<Config>) };
}

export function settings(): Config {
  return config;
}

export function collectorHost(): string {
  return config.collectorHost || window.location.hostname;
}
