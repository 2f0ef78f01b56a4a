/** A widget's place: earlier, later, wider, or not at all. By buttons, so that keys do it too. */

import type { Widget } from "@/api/types";
import { Icon } from "@/ui/Icon";
import css from "./home.module.css";
import { titleOf } from "./widgets";

interface Props {
  widgets: Widget[];
  at: number;
  onChange: (widgets: Widget[]) => void;
}

export function Arrange({ widgets, at, onChange }: Props) {
  const widget = widgets[at];
  if (!widget) return null;
  const name = titleOf(widget);
  const swap = (to: number) => {
    const moved = widgets.filter((_, i) => i !== at);
    moved.splice(to, 0, widget);
    onChange(moved);
  };
  return (
    <span className={css["arrange"]}>
      <button type="button" disabled={at === 0} aria-label={`${name}: earlier`} onClick={() => swap(at - 1)}>
        ←
      </button>
      <button
        type="button"
        disabled={at === widgets.length - 1}
        aria-label={`${name}: later`}
        onClick={() => swap(at + 1)}
      >
        →
      </button>
      <button
        type="button"
        aria-pressed={widget.wide ?? false}
        aria-label={`${name}: wide`}
        onClick={() => onChange(widgets.map((one, i) => (i === at ? { ...one, wide: !(one.wide ?? false) } : one)))}
      >
        ↔
      </button>
      <button type="button" aria-label={`${name}: remove`} onClick={() => onChange(widgets.filter((_, i) => i !== at))}>
        <Icon name="close" size={12} />
      </button>
    </span>
  );
}
