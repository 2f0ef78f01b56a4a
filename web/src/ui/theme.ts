/** 13 px type, dense rows, and blues dark enough to carry white text (WCAG AA in both schemes). */

import { createTheme, type MantineColorsTuple } from "@mantine/core";
import { FONT } from "@/graph/canvas";

const DARK: MantineColorsTuple = [
  "#d5dae1",
  "#b6bdc8",
  "#98a2b0",
  "#6f7a89",
  "#49525f",
  "#373f4a",
  "#272d36",
  "#1b2027",
  "#14181e",
  "#0e1115",
];

const TITLE = { fontSize: 15, fontWeight: 600, overflowWrap: "anywhere" as const };

export const theme = createTheme({
  fontFamily: FONT,
  fontFamilyMonospace: 'ui-monospace, "JetBrains Mono", "SF Mono", Menlo, Consolas, monospace',
  fontSizes: { xs: "11.5px", sm: "13px", md: "13px", lg: "15px", xl: "18px" },
  colors: { dark: DARK },
  primaryColor: "blue",
  primaryShade: { light: 8, dark: 8 },
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: "xs" } },
    TextInput: { defaultProps: { size: "xs" } },
    NativeSelect: { defaultProps: { size: "xs" } },
    Textarea: { defaultProps: { size: "xs" } },
    SegmentedControl: { defaultProps: { size: "xs" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    InputWrapper: { styles: { label: { fontSize: 12.5 }, description: { fontSize: 12 }, error: { fontSize: 12 } } },
    // The page has one banner: the head of a dialog is none, though both are header elements.
    DrawerHeader: { defaultProps: { role: "none" } },
    ModalHeader: { defaultProps: { role: "none" } },
    Notification: {
      defaultProps: { closeButtonProps: { "aria-label": "Close the message" } },
      styles: { description: { color: "var(--ink)" } },
    },
    Drawer: { defaultProps: { overlayProps: { backgroundOpacity: 0.25 } }, styles: { title: TITLE } },
    Modal: { defaultProps: { overlayProps: { backgroundOpacity: 0.35 } }, styles: { title: TITLE } },
  },
});
