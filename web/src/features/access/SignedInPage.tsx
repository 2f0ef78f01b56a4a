/** Where an identity provider sends the browser back to: hands its answer in, once, and goes on. */

import { notifications } from "@mantine/notifications";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { asProblem } from "@/api/client";
import { finish, takeBack } from "@/api/providers";
import { enter } from "@/api/session";
import css from "./signin.module.css";

const SAID = { connect: "Your account is connected", prove: "You showed who you are: go on where you were" };

export function SignedInPage() {
  const navigate = useNavigate();
  const [fault, setFault] = useState("");
  const once = useRef(false); // an answer counts once, and React may run an effect twice
  useEffect(() => {
    if (once.current) return;
    once.current = true;
    const answer = window.location.search.slice(1);
    // The code stays out of the address and the history.
    window.history.replaceState(window.history.state, "", window.location.pathname);
    const back = takeBack();
    finish(answer).then(
      (entered) => {
        enter();
        const purpose = entered?.purpose;
        if (purpose === "connect" || purpose === "prove") notifications.show({ message: SAID[purpose] });
        return navigate({ href: back, replace: true });
      },
      (error: unknown) => setFault(asProblem(error).detail),
    );
  }, [navigate]);
  return (
    <main className={css["page"]}>
      <div className={css["card"]}>
        <img src="/favicon.svg" alt="" width={30} height={30} />
        <h1>{fault ? "You are not signed in" : "Signing you in…"}</h1>
        {fault && (
          <>
            <p role="alert">{fault}</p>
            <Link to="/sign-in">Try again, or sign in another way</Link>
          </>
        )}
      </div>
    </main>
  );
}
