/** Puts the API's complaints beside the fields they concern. */

import type { UseFormReturnType } from "@mantine/form";
import { asProblem } from "@/api/client";
import type { Problem } from "@/api/types";
import type { Values } from "./SourceForm";

export function markFaults(form: UseFormReturnType<Values>, error: unknown): void {
  const problem = asProblem(error);
  const faults = (problem as Partial<Problem>).errors ?? [];
  const byField: Record<string, string> = {};
  for (const { pointer, detail } of faults) {
    const field = pointer.split("/").at(-1) ?? "";
    if (field in form.values) byField[field] = detail;
  }
  form.setErrors(Object.keys(byField).length > 0 ? byField : { all: `${problem.title}. ${problem.detail}` });
}
