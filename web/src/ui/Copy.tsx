/** Text to take along: a small button, or a whole line of configuration with one. */

import { UnstyledButton } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { Icon } from "./Icon";
import css from "./copy.module.css";

export function CopyButton({ text, what }: { text: string; what: string }) {
  const clipboard = useClipboard({ timeout: 1500 });
  return (
    <UnstyledButton
      className={css["button"] ?? ""}
      title={clipboard.copied ? "Copied" : `Copy ${what}`}
      aria-label={`Copy ${what}`}
      onClick={() => clipboard.copy(text)}
    >
      <Icon name={clipboard.copied ? "check" : "copy"} size={14} />
    </UnstyledButton>
  );
}

export function CopyLines({ text, what }: { text: string; what: string }) {
  return (
    <div className={css["lines"]}>
      <pre tabIndex={0} aria-label={what}>
        {text}
      </pre>
      <CopyButton text={text} what={what} />
    </div>
  );
}
