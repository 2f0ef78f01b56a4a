/** A view by its number: leads to the page that shows it. */

import { useNavigate, useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { useView } from "@/api/views";
import { searchOf } from "@/lib/views";
import { Region } from "@/ui/Region";

export function OpenView() {
  const { id } = useParams({ from: "/pages/views/$id" });
  const asked = useView(Number(id));
  const navigate = useNavigate();
  const { data } = asked;
  useEffect(() => {
    if (data?.map) void navigate({ to: "/map", search: searchOf(data.map, data.id) as object, replace: true });
    else if (data) void navigate({ to: "/", search: { view: data.id }, replace: true });
  }, [data, navigate]);
  return (
    <Region of={asked} height={200}>
      {() => null}
    </Region>
  );
}
