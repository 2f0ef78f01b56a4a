/** Lists come page by page, each with the cursor of the next. */

import { keepPreviousData } from "@tanstack/react-query";

export const PAGE = 200;

export const BY_CURSOR = {
  pageParamName: "cursor",
  // Null, not undefined: the library turns an undefined one into 0, which is no cursor of ours.
  initialPageParam: null as string | null,
  getNextPageParam: (last: { next_cursor: string | null }) => last.next_cursor ?? undefined,
  placeholderData: keepPreviousData,
};
