/** The databases of addresses: what each tells, how old it is, and why one is not used. */

import { useGeography } from "@/api/geography";
import { Card } from "@/ui/Page";
import { Region } from "@/ui/Region";
import { When } from "@/ui/When";
import css from "./health.module.css";

export function Geography() {
  const asked = useGeography();
  return (
    <Region of={asked} height={120}>
      {({ databases, problem }) => (
        <Card title="Databases of addresses" note="countries and organisations of the Internet">
          {problem !== null && <p data-trouble>{problem}</p>}
          {databases.length === 0 && problem === null && (
            <p className="dim">
              None. With one, the Internet on the map opens by country and organisation: put a GeoLite2 or DB-IP file
              (.mmdb) where the deployment says.
            </p>
          )}
          <ul className={css["collectors"]}>
            {databases.map((one) => (
              <li key={one.name}>
                <div>
                  <strong>{one.type === "" ? one.name : one.type}</strong>{" "}
                  <span className="dim">{one.tells.join(" and ")}</span>
                </div>
                {one.built_at !== null && (
                  <div className="dim">
                    {one.name}, made <When at={one.built_at} relative />
                  </div>
                )}
                {one.problem !== null && (
                  <div data-trouble>
                    {one.name}: {one.problem}
                  </div>
                )}
              </li>
            ))}
          </ul>
        </Card>
      )}
    </Region>
  );
}
