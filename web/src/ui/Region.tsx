/** One part of a page that is loading, failed or there. A failure stays in its region; the rest keeps working. */

import { Button, Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import { asProblem } from "@/api/client";
import { useLate } from "@/lib/useLate";
import { CopyButton } from "./Copy";
import css from "./region.module.css";

interface Question<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

interface Props<T> {
  of: Question<T>;
  /** How high the content will be, so that nothing jumps when it comes. */
  height?: number | string;
  children: (data: T) => ReactNode;
}

export function Region<T>({ of, height = 120, children }: Props<T>) {
  const late = useLate(of.isPending);
  if (of.data !== undefined) {
    return (
      <>
        {of.error ? <Failure error={of.error} retry={of.refetch} stale /> : null}
        {children(of.data)}
      </>
    );
  }
  if (of.error) return <Failure error={of.error} retry={of.refetch} />;
  return (
    <div style={{ height }} aria-busy="true">
      {late && <Skeleton height="100%" radius="sm" />}
    </div>
  );
}

export function Failure({ error, retry, stale = false }: { error: unknown; retry: () => unknown; stale?: boolean }) {
  const problem = asProblem(error);
  return (
    <div role="alert" className={css["failure"]}>
      <strong>{problem.title}</strong>
      <span>{problem.detail}</span>
      {stale && <span className="dim">What is shown is what came before.</span>}
      <div className={css["row"]}>
        <Button variant="default" onClick={() => void retry()}>
          Retry
        </Button>
        {problem.request_id !== "" && (
          <span className="dim">
            Request <span className="mono">{problem.request_id}</span>{" "}
            <CopyButton text={problem.request_id} what="request id" />
          </span>
        )}
      </div>
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={css["empty"]}>
      <strong>{title}</strong>
      {children}
    </div>
  );
}
