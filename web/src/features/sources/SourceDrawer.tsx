/** One source: what a person decided, what it did, what was lost by name. */

import { Button, Drawer } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useEffect, useState } from "react";
import { asProblem } from "@/api/client";
import { useSourceChanges } from "@/api/queries";
import type { Source } from "@/api/types";
import { count } from "@/lib/format";
import { format } from "@/lib/words";
import { Counters } from "@/ui/Counters";
import { Facts } from "@/ui/Page";
import { When } from "@/ui/When";
import { markFaults } from "./faults";
import { SamplingCheck, SamplingRates } from "./Sampling";
import { SourceNames } from "./SourceNames";
import { SourceForm, type Values } from "./SourceForm";
import { StatusMark } from "./StatusMark";
import css from "./sources.module.css";

interface Props {
  source: Source | null;
  mayWrite: boolean;
  onClose: () => void;
}

export function SourceDrawer({ source, mayWrite, onClose }: Props) {
  return (
    <Drawer
      opened={source !== null}
      onClose={onClose}
      position="right"
      size={440}
      title={source ? source.name || source.interface || source.exporter : ""}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {source && (
        <>
          <Facts
            of={[
              [
                "Exporter",
                <span key="exporter" className="mono">
                  {source.exporter}
                </span>,
              ],
              ...(source.interface ? [["Interface", source.interface] as [string, string]] : []),
              ["Status", <StatusMark key="status" status={source.status} />],
              ["Formats", source.formats.map(format).join(", ") || "none seen"],
              ["First seen", <When key="first" at={source.first_seen} />],
              ["Last seen", <When key="last" at={source.last_seen} relative />],
            ]}
          />
          {source.interface ? (
            <p className="dim">Read from flow logs: what was read, and what could not be, stands with the feed.</p>
          ) : (
            <>
              <Counted of={source} />
              <SamplingCheck of={source.sampling_check} />
              <SamplingRates of={source.sampling_rates} />
              <SourceNames id={source.id} />
            </>
          )}
          {mayWrite && <Edit key={source.id} source={source} onClose={onClose} />}
        </>
      )}
    </Drawer>
  );
}

function Counted({ of }: { of: Source }) {
  const losses = Object.entries(of.losses);
  const rest = Object.entries(of.counters).filter(([name]) => !(name in of.losses));
  return (
    <>
      <h3 className={css["subtitle"]}>Lost</h3>
      <p>{lostFlows(of.lost_flows)}</p>
      {losses.length > 0 && <Counters of={losses} label="Losses" isLoss />}
      <h3 className={css["subtitle"]}>Counted</h3>
      {rest.length === 0 ? <p className="dim">Nothing yet.</p> : <Counters of={rest} label="Counters" />}
    </>
  );
}

/** As narrow as the exporter's numbers allow. */
function lostFlows({ least, most, estimate }: Source["lost_flows"]): string {
  if (most === 0) return "No flow.";
  if (most === least) return `${count(least)} flows, to the unit.`;
  if (most !== null) return `Between ${count(least)} and ${count(most)} flows; likely ${count(estimate)}.`;
  return `At least ${count(least)} flows; likely ${count(estimate)}. How many at most, nobody knows.`;
}

function decided(source: Source): Values {
  const { exporter, name, note, address_space_id, state } = source;
  return { exporter, name, note, address_space_id, state };
}

function Edit({ source, onClose }: { source: Source; onClose: () => void }) {
  const { change, remove } = useSourceChanges();
  const [sure, setSure] = useState(false);
  // The version that was read when the form was filled, not the newest one: an unseen change must be refused.
  const [base, setBase] = useState(source);
  const form = useForm<Values>({ initialValues: decided(source) });
  const { setValues, resetDirty, isDirty } = form;
  useEffect(() => {
    if (source.version === base.version || isDirty()) return;
    setBase(source);
    setValues(decided(source));
    resetDirty(decided(source));
  }, [source, base, isDirty, setValues, resetDirty]);
  const takeTheirs = () => {
    setBase(source);
    setValues(decided(source));
    resetDirty(decided(source));
    form.clearErrors();
  };
  const submit = ({ exporter: _, ...patch }: Values) =>
    change.mutate(
      { source: base, patch },
      {
        onSuccess: (saved) => {
          if (saved) {
            setBase(saved);
            resetDirty(decided(saved));
          }
          notifications.show({ message: "Saved" });
        },
        onError: (error) => markFaults(form, error),
      },
    );
  const drop = () =>
    remove.mutate(base, {
      onSuccess: () => {
        notifications.show({ message: `${source.exporter} is deleted` });
        onClose();
      },
      onError: (error) => form.setErrors({ all: `${asProblem(error).title}. ${asProblem(error).detail}` }),
    });
  const overtaken = base.version !== source.version;
  return (
    <>
      <h3 className={css["subtitle"]}>Decided by people</h3>
      <form className={css["form"]} onSubmit={form.onSubmit(submit)}>
        <SourceForm form={form} isNew={false} />
        {form.errors["all"] && <p role="alert">{form.errors["all"]}</p>}
        {overtaken && (
          <p role="status">
            Somebody changed this source meanwhile: it is now “{source.name || source.exporter}”, {source.state}.{" "}
            <Button variant="default" size="compact-xs" onClick={takeTheirs}>
              Take theirs
            </Button>
          </p>
        )}
        <div className={css["buttons"]}>
          <Button type="submit" loading={change.isPending} disabled={!form.isDirty()}>
            Save
          </Button>
          {sure ? (
            <>
              <Button color="red" loading={remove.isPending} onClick={drop}>
                Delete it
              </Button>
              <Button variant="default" onClick={() => setSure(false)}>
                Keep it
              </Button>
            </>
          ) : (
            <Button variant="default" onClick={() => setSure(true)}>
              Delete…
            </Button>
          )}
        </div>
        {sure && (
          <p className="dim">
            Its counters go with it; the flows it reported stay. If it sends again, it comes back as unknown.
          </p>
        )}
      </form>
    </>
  );
}
