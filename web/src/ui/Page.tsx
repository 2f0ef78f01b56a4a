/** A page: its title, what can be done, a thin line while fresh data is on its way, and its content. */

import type { ReactNode } from "react";
import css from "./page.module.css";

interface Props {
  title: ReactNode;
  /** A few words beside the title. */
  note?: ReactNode;
  actions?: ReactNode;
  busy?: boolean;
  children: ReactNode;
}

export function Page({ title, note, actions, busy = false, children }: Props) {
  return (
    <div className={css["page"]}>
      <ProgressLine busy={busy} />
      <header className={css["head"]}>
        <h1 className={css["title"]}>{title}</h1>
        {note !== undefined && <span className="dim">{note}</span>}
        <div className={css["actions"]}>{actions}</div>
      </header>
      {children}
    </div>
  );
}

export function ProgressLine({ busy }: { busy: boolean }) {
  return <div className={css["progress"]} data-busy={busy || undefined} aria-hidden />;
}

export function Card({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) {
  return (
    <section className={css["card"]} aria-label={title}>
      <header className={css["cardHead"]}>
        <h2 className={css["cardTitle"]}>{title}</h2>
        {note !== undefined && <span className="dim">{note}</span>}
      </header>
      {children}
    </section>
  );
}

/** Names and values, as in a data sheet. */
export function Facts({ of }: { of: [string, ReactNode][] }) {
  return (
    <dl className={css["facts"]}>
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
