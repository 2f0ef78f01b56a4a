/** Volumes over time. */

import { SegmentedControl } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { useVolumes } from "@/api/queries";
import { Card } from "@/ui/Page";
import { Empty, Region } from "@/ui/Region";
import css from "./dependency.module.css";

const Chart = lazy(() => import("./Chart").then(({ Chart: found }) => ({ default: found })));
const HEIGHT = 210;

export function VolumesCard({ dependency }: { dependency: number }) {
  const [step, setStep] = useState<"minute" | "hour">("hour");
  const asked = useVolumes(dependency, step);
  return (
    <div className={css["wide"]}>
      <Card
        title="Octets"
        note={
          <SegmentedControl
            aria-label="How long one point lasts"
            value={step}
            data={[
              { value: "minute", label: "24 minutes" },
              { value: "hour", label: "24 hours" },
            ]}
            onChange={(value) => setStep(value === "minute" ? "minute" : "hour")}
          />
        }
      >
        <Region of={asked} height={HEIGHT}>
          {(volumes) =>
            volumes.flows.every((flows) => flows === 0) ? (
              <Empty title={`No traffic in the last 24 ${step}s`} />
            ) : (
              <Suspense fallback={<div style={{ height: HEIGHT }} />}>
                <Chart volumes={volumes} height={HEIGHT} />
              </Suspense>
            )
          }
        </Region>
      </Card>
    </div>
  );
}
