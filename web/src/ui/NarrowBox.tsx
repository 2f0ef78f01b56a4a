/** The box that narrows what is shown as one types: a query, with what could come next and the place of a fault. */

import { TextInput } from "@mantine/core";
import { useEffect, useId, useRef, useState } from "react";
import { type Completions, useCompletions } from "@/api/query";
import { useSettled } from "@/lib/useSettled";
import { Icon } from "./Icon";
import css from "./narrow.module.css";

interface Props {
  label: string;
  value: string;
  onSettle: (value: string) => void;
  wide?: boolean;
  /** The question failed: ask whether this can be read at all. */
  doubted?: boolean;
}

type Suggestion = Completions["suggestions"][number];

interface Typed {
  text: string;
  cursor: number;
}

export function NarrowBox({ label, value, onSettle, wide = false, doubted = false }: Props) {
  const [typed, setTyped] = useState<Typed>({ text: value, cursor: value.length });
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const box = useRef<HTMLInputElement>(null);
  const list = useId();
  const settled = useSettled(typed, 180);
  const asked = useCompletions(settled.text, settled.cursor, open || doubted || settled.text.trim() !== value);
  const { data } = asked;
  /** Known to be readable, or nobody can say: then the question itself will tell. */
  const readable = settled === typed && !asked.isPlaceholderData && (data?.fault === null || asked.isError);
  const fault = settled.text.trim() === "" ? null : (data?.fault ?? null);
  useFollow(value, (text) => setTyped({ text, cursor: text.length }));

  useEffect(() => {
    const text = settled.text.trim();
    if (text !== value && (text === "" ? settled === typed : readable)) onSettle(text);
  }, [settled, typed, value, onSettle, readable]);

  const current = settled === typed && !asked.isPlaceholderData;
  /** What was suggested for less than stands there now is only shown while it still begins like it. */
  const fits = (one: Suggestion) => current || one.text.startsWith(typed.text.slice(one.at, typed.cursor));
  const shown = open ? (data?.suggestions ?? []).filter(fits) : [];
  const take = (one: Suggestion) => {
    const end = current ? one.end : Math.max(one.end, typed.cursor);
    const text = typed.text.slice(0, one.at) + one.text + typed.text.slice(end);
    const cursor = one.at + one.text.length;
    setTyped({ text, cursor });
    setActive(-1);
    requestAnimationFrame(() => box.current?.setSelectionRange(cursor, cursor));
  };
  const keys = (event: React.KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      const by = event.key === "ArrowDown" ? 1 : -1;
      setActive((was) =>
        shown.length === 0 ? -1 : (was + by + shown.length + (was < 0 && by < 0 ? 1 : 0)) % shown.length,
      );
    } else if ((event.key === "Enter" || event.key === "Tab") && shown[active]) {
      event.preventDefault();
      take(shown[active]);
    } else if (event.key === "Enter") setOpen(false);
    else if (event.key === "Escape" && open) {
      event.stopPropagation();
      setOpen(false);
      setActive(-1);
    }
  };
  return (
    <div className={css["box"]} data-wide={wide || undefined}>
      <TextInput
        ref={box}
        role="combobox"
        aria-label={label}
        aria-expanded={shown.length > 0}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={shown[active] ? `${list}-${active}` : undefined}
        error={fault !== null}
        aria-describedby={fault ? `${list}-fault` : undefined}
        placeholder={label}
        autoComplete="off"
        spellCheck={false}
        leftSection={<Icon name="search" size={13} />}
        value={typed.text}
        onChange={({ currentTarget: { value: text, selectionStart } }) => {
          setTyped({ text, cursor: selectionStart ?? text.length });
          setOpen(true);
          setActive(-1);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={keys}
      />
      <div className={css["under"]} data-open={shown.length > 0 || fault !== null || undefined}>
        {fault && (
          <Fault
            id={`${list}-fault`}
            text={settled.text}
            said={fault.said}
            at={fault.at}
            end={fault.end}
            quiet={open}
          />
        )}
        <div id={list} role="listbox" aria-label={`Suggestions: ${label}`}>
          {shown.map((one, i) => (
            // The list follows the box's keys, so that focus stays where one types.
            <div
              key={`${one.text} ${one.at}`}
              id={`${list}-${i}`}
              role="option"
              aria-selected={i === active}
              onPointerDown={(event) => {
                event.preventDefault();
                take(one);
              }}
            >
              <span className="mono">{one.text}</span>
              <span className="dim">{one.about}</span>
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

/** Says what is wrong and marks where: under the box, and in the way of nothing while one still types. */
function Fault(props: { id: string; text: string; said: string; at: number; end: number; quiet: boolean }) {
  const { id, text, said, at, end, quiet } = props;
  const marked = text.slice(at, Math.max(end, at)) || "…";
  return (
    <p id={id} role={quiet ? undefined : "alert"} className={css["fault"]}>
      <span className="mono">
        {text.slice(Math.max(0, at - 14), at)}
        <mark>{marked.slice(0, 30)}</mark>
      </span>{" "}
      {said}
    </p>
  );
}

/** What changes elsewhere, such as by a step back in the history, is taken over. */
function useFollow(value: string, take: (value: string) => void): void {
  const was = useRef(value);
  const mine = useRef(take);
  mine.current = take;
  useEffect(() => {
    if (was.current === value) return;
    was.current = value;
    mine.current(value);
  }, [value]);
}
