import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// Without a document's whole text in every failure.
configure({ asyncUtilTimeout: 4000, getElementError: (message) => new Error(message ?? "not found") });

// What this DOM lacks and Mantine's growing text area listens to.
if (typeof document !== "undefined")
  Object.defineProperty(document, "fonts", { value: new EventTarget(), configurable: true });

// Nothing is laid out here, and a virtual table draws only what has a size.
if (typeof document !== "undefined") {
  Object.defineProperty(HTMLElement.prototype, "clientHeight", { get: () => 600 });
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { get: () => 1000 });
  Object.assign(globalThis, {
    ResizeObserver: class {
      observe(): void {}
      unobserve(): void {}
      disconnect(): void {}
    },
  });
}

afterEach(() => {
  if (typeof document === "undefined") return;
  cleanup();
  sessionStorage.clear();
  localStorage.clear();
});
