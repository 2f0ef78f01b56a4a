/** Gives the browser a file to keep. */

export function download(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** `flowlens-map-2026-11-23T100000Z.csv`: sorts by time, and no system refuses it. */
export function fileName(what: string, at: Date, ending: string): string {
  return `flowlens-${what}-${at.toISOString().slice(0, 19).replaceAll(":", "")}Z.${ending}`;
}
