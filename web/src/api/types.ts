/** The API's shapes by the names that pages use. Generated: `npm run api` rewrites schema.d.ts. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Problem = Schemas["Problem"];
export type Topology = Schemas["Topology"];
export type Asset = Schemas["Asset"];
export type AssetDetail = Schemas["AssetDetail"];
export type Dependency = Schemas["Dependency"];
export type DependencyDetail = Schemas["DependencyDetail"];
export type Evidence = Schemas["Evidence"];
export type Volumes = Schemas["Volumes"];
export type Source = Schemas["Source"];
export type NewSource = Schemas["NewSource"];
export type SourcePatch = Schemas["SourcePatch"];
export type AddressSpace = Schemas["AddressSpace"];
export type Found = Schemas["Found"];
export type Health = Schemas["Health"];
export type Me = Schemas["Me"];
