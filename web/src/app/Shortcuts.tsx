/** The keyboard, on one card. */

import { Kbd, Modal } from "@mantine/core";
import css from "./shortcuts.module.css";

const KEYS: [string, [string[], string][]][] = [
  [
    "Everywhere",
    [
      [["/"], "Search (also ⌘K, Ctrl K)"],
      [["M"], "Map"],
      [["A"], "Assets"],
      [["D"], "Dependencies"],
      [["S"], "Flow sources"],
      [["C"], "Classification"],
      [["?"], "This card"],
    ],
  ],
  [
    "On the map",
    [
      [["←", "↑", "→", "↓"], "Nearest neighbour, along a link if there is one"],
      [["Enter"], "Select; once more: open or close a network"],
      [["Esc"], "Clear the selection"],
      [["+", "−"], "Zoom"],
      [["0"], "Show everything"],
      [["T"], "The map as a table, and back"],
      [["U", "D"], "Show what lies upstream, downstream of the node"],
      [["F", "P"], "Focus on the node; path from it to another"],
      [["[", "]"], "One step back in time, one forward"],
    ],
  ],
];

export function Shortcuts({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard" closeButtonProps={{ "aria-label": "Close" }}>
      {KEYS.map(([where, keys]) => (
        <section key={where} className={css["keys"]}>
          <h3>{where}</h3>
          <dl>
            {keys.map(([names, what]) => (
              <div key={what}>
                <dt>
                  {names.map((name) => (
                    <Kbd key={name}>{name}</Kbd>
                  ))}
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Modal>
  );
}
