/** Zoom for those without a wheel. */

import { Icon } from "@/ui/Icon";
import css from "./map.module.css";

interface Props {
  onIn: () => void;
  onOut: () => void;
  onFit: () => void;
}

export function ZoomButtons({ onIn, onOut, onFit }: Props) {
  return (
    <div className={css["zoom"]} role="group" aria-label="Zoom">
      <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={onIn}>
        <Icon name="plus" size={14} />
      </button>
      <button type="button" aria-label="Zoom out" title="Zoom out (−)" onClick={onOut}>
        <Icon name="minus" size={14} />
      </button>
      <button type="button" aria-label="Show everything" title="Show everything (0)" onClick={onFit}>
        <Icon name="fit" size={14} />
      </button>
    </div>
  );
}
