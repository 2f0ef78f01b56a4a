/** Captures and flow logs sent from the browser, and what was understood of each. */

import { Button, FileButton } from "@mantine/core";
import { type DragEvent, useState } from "react";
import { asProblem } from "@/api/client";
import { useMe } from "@/api/queries";
import { isComing, useSending, useUploads } from "@/api/uploads";
import { useNow } from "@/lib/useNow";
import { Card, Page } from "@/ui/Page";
import { Region } from "@/ui/Region";
import { Outcome } from "./Outcome";
import css from "./uploads.module.css";

const LARGEST = 256 * 2 ** 20;

export function UploadsPage() {
  const { data: me } = useMe();
  const may = (["sources:write", "data:import"] as const).every((name) => me?.permissions.includes(name));
  const asked = useUploads();
  const now = useNow();
  return (
    <Page title="Flow files" busy={asked.isFetching && asked.isPending}>
      <div className={css["page"]}>
        {may && <Send />}
        <Card title="Uploaded files" note="the last hundred">
          <Region of={asked} height={80}>
            {({ items }) =>
              items.length === 0 ? (
                <p className="dim">Nothing was uploaded yet.</p>
              ) : (
                <ul className={css["files"]}>
                  {items.map((one) => (
                    <li key={one.id} aria-label={one.name}>
                      <Outcome of={one} coming={isComing(one, now)} now={now} />
                    </li>
                  ))}
                </ul>
              )
            }
          </Region>
        </Card>
      </div>
    </Page>
  );
}

function Send() {
  const sending = useSending();
  const [over, setOver] = useState(false);
  const [wrong, setWrong] = useState("");
  const start = (files: readonly File[]) => {
    const refused = files.filter(({ size }) => size === 0 || size > LARGEST);
    setWrong(
      refused.map(({ name, size }) => `${name} ${size === 0 ? "is empty" : "is larger than 268 MB"}`).join(", "),
    );
    const good = files.filter((file) => !refused.includes(file));
    if (good.length > 0) sending.mutate(good);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (!sending.isPending) start([...event.dataTransfer.files]);
  };
  const fault = wrong || (sending.error ? asProblem(sending.error).detail : "");
  return (
    <Card title="Upload files" note="captures and flow logs, plain or gzip, up to 268 MB each">
      {/* The button does all that dropping does. */}
      <div
        className={css["drop"]}
        data-over={over || undefined}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <p>
          Drop files here: pcap or pcapng, AWS VPC and Transit Gateway logs (text or Parquet), Azure NSG and virtual
          network logs, Google Cloud VPC logs.
        </p>
        <FileButton onChange={start} multiple inputProps={{ "aria-label": "Files" }}>
          {(props) => (
            <Button {...props} loading={sending.isPending}>
              Choose files
            </Button>
          )}
        </FileButton>
        {sending.isPending && (
          <div className={css["progress"]}>
            <span>
              {sending.name}, {Math.round(sending.part * 100)} %
            </span>
            <progress value={sending.part} aria-label={`${sending.name} is being sent`} />
          </div>
        )}
      </div>
      {fault && (
        <p role="alert" className={css["wrong"]}>
          {fault}
        </p>
      )}
      <p className={css["privacy"]}>
        Of a capture, the headers of packets are kept, and the names in DNS answers and TLS greetings. The file itself
        is removed once it was read.
      </p>
    </Card>
  );
}
