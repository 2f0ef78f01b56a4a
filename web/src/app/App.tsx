/** Providers around the pages: theme, questions to the API, messages, routes. */

import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications, notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { forgetAnswers } from "@/api/client";
import { onHeldBack } from "@/api/pace";
import { onSignOut } from "@/api/session";
import { Proof } from "@/ui/Proof";
import { theme } from "@/ui/theme";
import { questions } from "./questions";
import { pages } from "./router";

const scheme = localStorageColorSchemeManager({ key: "flowlens-scheme" });

export function App() {
  const [client] = useState(questions);
  const [router] = useState(() => pages());
  useEffect(
    () =>
      onSignOut(() => {
        const { pathname, searchStr } = router.state.location;
        client.clear();
        forgetAnswers();
        if (pathname !== "/sign-in" && pathname !== "/signed-in")
          void router.navigate({ to: "/sign-in", search: { back: pathname + searchStr } });
      }),
    [client, router],
  );
  useEffect(() => onHeldBack(sayHeldBack), []);
  return (
    <MantineProvider theme={theme} colorSchemeManager={scheme} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
        <Proof />
        <Notifications position="bottom-right" autoClose={4000} />
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** One message, however many questions wait. */
function sayHeldBack(seconds: number): void {
  notifications.show({
    id: "held-back",
    title: "That was a lot for one minute",
    message: `You, or your tenant, asked for more than the share of a minute. This page asks again by itself in ${seconds} s.`,
    autoClose: seconds * 1000,
  });
}
